use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const START: Duration = Duration::ZERO;

fn queue(route: &str, priority: Priority) -> Queue {
    Queue {
        priority,
        route: route.parse().expect("a route"),
    }
}

fn room(free: u32, total: u32) -> Room {
    Room { free, total }
}

fn names(plan: &[Queue]) -> Vec<String> {
    let name = |queue: &Queue| format!("{} {}", queue.route, queue.priority);
    plan.iter().map(name).collect()
}

fn all(routes: &[&str]) -> Vec<Queue> {
    let of = |route: &&str| Priority::ALL.iter().map(|p| queue(route, *p)).collect();
    routes
        .iter()
        .flat_map(|r| -> Vec<Queue> { of(r) })
        .collect()
}

// W-03
#[test]
fn the_more_urgent_comes_first_and_routes_of_one_priority_take_turns() {
    let queues = all(&["a_command", "b_command"]);
    let mut order = Order::default();
    let high =
        |order: &Order| names(&order.plan(queues.iter(), Room::ENDLESS, START))[..2].to_vec();
    assert_eq!(high(&order), ["a_command high", "b_command high"]);
    order.gave(&queue("a_command", Priority::High));
    assert_eq!(high(&order), ["b_command high", "a_command high"]);
    order.gave(&queue("b_command", Priority::High));
    assert_eq!(high(&order), ["a_command high", "b_command high"]);
    let plan = order.plan(queues.iter(), Room::ENDLESS, START);
    let ranks: Vec<Priority> = plan.iter().map(|queue| queue.priority).collect();
    assert!(ranks.is_sorted());
}

// W-03
#[test]
fn every_8th_claim_looks_at_normal_first_and_every_32nd_at_low() {
    let queues = all(&["a_command"]);
    let mut order = Order::default();
    let mut taken = Vec::new();
    for _ in 0..64 {
        let plan = order.plan(queues.iter(), Room::ENDLESS, START);
        order.gave(&plan[0]);
        taken.push(plan[0].priority);
    }
    let of = |priority| -> Vec<usize> {
        let at = |(n, p): (usize, &Priority)| (*p == priority).then_some(n + 1);
        taken.iter().enumerate().filter_map(at).collect()
    };
    assert_eq!(of(Priority::Low), [32, 64]);
    assert_eq!(of(Priority::Normal), [8, 16, 24, 40, 48, 56]);
}

// W-03
#[test]
fn slots_are_saved_for_a_heavy_run_that_waited_but_not_for_ever() {
    let heavy = queue("a_command_W3", Priority::Normal);
    let mut queues = all(&["a_command", "b_command"]);
    queues.push(heavy.clone());
    let mut order = Order::default();
    let plan = |order: &Order, free, at| names(&order.plan(queues.iter(), room(free, 4), at));
    let high = ["a_command high", "b_command high"];
    order.seen(&heavy, Holds::Offers, START);
    let just_before = SAVE_AFTER - Duration::from_nanos(1);
    assert_eq!(plan(&order, 2, just_before).len(), 6);
    assert_eq!(plan(&order, 2, SAVE_AFTER), high);
    order.seen(&heavy, Holds::Offers, SAVE_AFTER);
    let end = SAVE_AFTER + SAVE_FOR;
    assert_eq!(plan(&order, 1, end - Duration::from_nanos(1)), high);
    assert_eq!(plan(&order, 2, end).len(), 6);
    assert_eq!(plan(&order, 2, end + SAVE_FOR), high);
    // It fits now, and comes before the others of its priority.
    assert_eq!(plan(&order, 3, SAVE_AFTER)[2], "a_command_W3 normal");
    order.gave(&heavy);
    assert_eq!(plan(&order, 2, SAVE_AFTER).len(), 6);
    // Nothing waits there any more.
    order.seen(&heavy, Holds::Offers, START);
    order.seen(&heavy, Holds::Nothing, SAVE_AFTER);
    assert_eq!(plan(&order, 2, SAVE_AFTER).len(), 6);
}

#[test]
fn nothing_is_saved_for_a_run_that_never_fits() {
    let heavy = queue("a_command_W5", Priority::High);
    let queues = [queue("a_command", Priority::Low), heavy.clone()];
    assert_eq!(Order::too_heavy(queues.iter(), room(1, 4)).count(), 0);
    assert_eq!(Order::too_heavy(queues.iter(), room(1, 5)).count(), 1);
    let mut order = Order::default();
    order.seen(&heavy, Holds::Offers, START);
    let plan = order.plan(queues.iter(), room(1, 4), SAVE_AFTER);
    assert_eq!(names(&plan), ["a_command low"]);
}

fn any_queue() -> impl Strategy<Value = Queue> {
    let priority = prop::sample::select(Priority::ALL);
    (0..3_u8, 1..5_u32, priority).prop_map(|(pool, slots, priority)| {
        let weight = if slots > 1 {
            format!("_W{slots}")
        } else {
            String::new()
        };
        queue(&format!("p{pool}_command{weight}"), priority)
    })
}

proptest! {
    // W-03: whatever happened before, exactly the queues that fit are looked at, each once; unless
    // slots are being saved, and then only for a run that could fit.
    #[test]
    fn every_queue_that_fits_is_looked_at_once(
        queues in prop::collection::btree_set(any_queue(), 0..12),
        story in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), 0..40_u64), 0..30),
        free in 0..5_u32,
        used in 0..3_u32,
    ) {
        let room = room(free, free + used);
        let list: Vec<&Queue> = queues.iter().collect();
        let (mut order, mut now) = (Order::default(), START);
        for (which, gives, seconds) in story {
            now += Duration::from_secs(seconds);
            let Some(queue) = (!list.is_empty()).then(|| which.get(&list)) else { break };
            if gives {
                order.gave(queue);
            } else {
                order.seen(queue, Holds::Offers, now);
            }
        }
        let plan = order.plan(queues.iter(), room, now);
        let looked_at: BTreeSet<&Queue> = plan.iter().collect();
        prop_assert_eq!(looked_at.len(), plan.len());
        prop_assert!(plan.iter().all(|queue| queue.slots() <= room.free));
        let left_out = queues.iter().filter(|q| q.slots() <= room.free && !looked_at.contains(q));
        match order.overdue(room, now).filter(|heavy| heavy.slots() > room.free) {
            None => prop_assert_eq!(left_out.count(), 0),
            Some(heavy) => {
                prop_assert!(heavy.slots() <= room.total);
                for queue in left_out {
                    prop_assert!(queue.priority >= heavy.priority);
                }
            }
        }
    }

    // W-03: while every queue has offers, none waits for more than 32 claims for each of its
    // priority's queues.
    #[test]
    fn nothing_starves(routes in 1..4_usize, claims in 0..200_usize) {
        let names = ["a_command", "b_command", "c_command"];
        let queues = all(&names[..routes]);
        let mut order = Order::default();
        let mut since = vec![0_usize; queues.len()];
        for _ in 0..claims {
            let taken = order.plan(queues.iter(), Room::ENDLESS, START)[0].clone();
            order.gave(&taken);
            for (queue, since) in queues.iter().zip(&mut since) {
                *since = if *queue == taken { 0 } else { *since + 1 };
                prop_assert!(*since <= 32 * routes);
            }
        }
    }
}
