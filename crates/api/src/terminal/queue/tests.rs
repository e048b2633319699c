//! A viewer's queue: bounded, in order, and never without a way back.

use proptest::prelude::*;

use super::*;

fn output(from: u64, length: u64) -> Item {
    Item {
        bytes: Bytes::from(vec![0; usize::try_from(length).unwrap()]),
        through: Some(from + length),
    }
}

fn frames(queue: &mut Queue) -> usize {
    std::iter::from_fn(|| match queue.next() {
        Due::Frame(item) => Some(item),
        _ => None,
    })
    .count()
}

#[test]
fn a_viewer_that_does_not_take_what_waits_is_skipped_and_shown_the_screen_when_it_does() {
    let mut queue = Queue::default();
    for n in 0..16 {
        queue.push(output(n * (32 << 10), 32 << 10));
    }
    assert!(matches!(queue.next(), Due::Frame(_)));
    // Room for one more and no other.
    queue.push(output(16 * (32 << 10), 32 << 10));
    queue.push(output(17 * (32 << 10), 1));
    assert_eq!(queue.bytes, 0);
    assert_eq!(queue.next(), Due::Screen(Skip::Behind));
    assert_eq!(queue.sent(), 32 << 10);
    queue.push(output(600 << 10, 5));
    queue.show([Bytes::from_static(b"screen")], 700 << 10);
    assert_eq!(frames(&mut queue), 1);
    queue.push(output(700 << 10, 5));
    assert_eq!(frames(&mut queue), 1);
    assert!(queue.is_done());
}

#[test]
fn a_viewer_that_takes_everything_and_draws_too_little_of_it_is_skipped_as_well() {
    let mut queue = Queue::default();
    queue.draw(0);
    let mut at = 0;
    while queue.skipping.is_none() {
        queue.push(output(at, 32 << 10));
        at += 32 << 10;
        frames(&mut queue);
    }
    assert!(at <= MOST + (32 << 10), "{at}");
    assert_eq!(queue.next(), Due::Nothing);
    queue.draw(MOST - LAG);
    assert_eq!(queue.next(), Due::Nothing);
    queue.draw(MOST - LAG + 1);
    assert_eq!(queue.next(), Due::Screen(Skip::Behind));
}

// B-02
#[test]
fn what_a_viewer_says_for_the_first_time_about_before_a_screen_does_not_hold_it_back() {
    let mut queue = Queue::default();
    queue.push(output(0, 32 << 10));
    assert_eq!(frames(&mut queue), 1);
    // Left out before it was heard of what it draws, and shown the screen at once.
    queue.skip(Skip::Behind);
    assert_eq!(queue.next(), Due::Screen(Skip::Behind));
    queue.show([Bytes::from_static(b"screen")], 4 << 20);
    assert_eq!(frames(&mut queue), 1);
    queue.draw(32 << 10);
    queue.skip(Skip::Behind);
    assert_eq!(queue.next(), Due::Screen(Skip::Behind));
}

fn frame(name: &'static str, through: Option<u64>) -> Item {
    Item {
        bytes: Bytes::from_static(name.as_bytes()),
        through,
    }
}

// B-02
#[test]
fn another_size_and_its_screen_stand_where_it_changed_and_count_as_drawn() {
    let mut queue = Queue::default();
    queue.draw(0);
    let [size, screen] = [frame("size", None), frame("screen", Some(100 << 10))];
    queue.push(output(0, 100 << 10));
    queue.resize(size.clone(), screen.clone());
    queue.push(output(100 << 10, 5));
    let all = [
        output(0, 100 << 10),
        size.clone(),
        screen.clone(),
        output(100 << 10, 5),
    ];
    for item in all {
        assert_eq!(queue.next(), Due::Frame(item));
    }
    // A viewer says nothing of what it had not drawn when its screen was drawn anew.
    assert_eq!(queue.lag(), 5);
    assert!(queue.is_done());
    // One that lags is shown the screen once it has drawn what it has.
    queue.push(output((100 << 10) + 5, 200 << 10));
    assert_eq!(frames(&mut queue), 1);
    queue.resize(size, screen);
    assert_eq!(queue.next(), Due::Nothing);
    queue.draw((300 << 10) + 5);
    assert_eq!(queue.next(), Due::Screen(Skip::Behind));
}

// B-02
#[test]
fn a_viewer_is_greeted_and_shown_the_screen_whatever_is_shown_before_it_reads() {
    let beginning = [Bytes::from_static(b"hello"), Bytes::from_static(b"screen")];
    let mut queue = Queue::after(7);
    queue.show(beginning.clone(), 7);
    queue.push(output(7, MOST));
    queue.push(output(7 + MOST, 1));
    for bytes in beginning {
        let through = None;
        assert_eq!(queue.next(), Due::Frame(Item { bytes, through }));
    }
    assert_eq!(queue.next(), Due::Screen(Skip::Behind));
    assert_eq!(queue.sent(), 7);
    // The greeting of a life that is over is not.
    queue.show([Bytes::from_static(b"screen")], 9);
    queue.skip(Skip::Anew);
    assert_eq!(queue.next(), Due::Screen(Skip::Anew));
}

#[test]
fn another_life_is_told_even_to_whoever_was_behind() {
    let mut queue = Queue::after(900);
    queue.draw(800);
    queue.skip(Skip::Anew);
    queue.skip(Skip::Behind);
    queue.draw(900);
    assert_eq!(queue.next(), Due::Screen(Skip::Anew));
    assert_eq!(queue.sent(), 0);
}

#[test]
fn what_is_for_one_viewer_alone_arrives_though_it_is_skipped_and_is_bounded() {
    let mut queue = Queue::default();
    queue.push_own(Bytes::from_static(b"accepted"));
    queue.skip(Skip::Behind);
    queue.push_own(Bytes::from_static(b"accepted"));
    queue.push(output(0, 10));
    assert_eq!(frames(&mut queue), 2);
    for _ in 0..1_000 {
        queue.push_own(Bytes::from_static(b"accepted"));
    }
    assert_eq!(frames(&mut queue), MOST_OWN);
}

#[derive(Debug, Clone)]
enum Step {
    Output(u64),
    Take,
    Draw(u64),
    Anew,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (1..40_000u64).prop_map(Step::Output),
        3 => Just(Step::Take),
        2 => any::<u64>().prop_map(|n| Step::Draw(n % 2_000_000)),
        1 => Just(Step::Anew),
    ]
}

proptest! {
    #[test]
    fn it_is_bounded_and_in_order_and_the_last_byte_is_seen(
        steps in prop::collection::vec(step(), 1..300),
    ) {
        let mut queue = Queue::default();
        // What the terminal has shown, and what the viewer has seen of it.
        let (mut shown, mut seen) = (0u64, 0u64);
        // The last output that it took.
        let mut last = None;
        for step in steps {
            match step {
                Step::Output(length) => {
                    queue.push(output(shown, length));
                    shown += length;
                }
                Step::Draw(offset) => queue.draw(offset),
                Step::Anew => {
                    queue.skip(Skip::Anew);
                    (shown, seen, last) = (0, u64::MAX, None);
                }
                Step::Take => match queue.next() {
                    Due::Frame(item) => {
                        let length = item.bytes.len() as u64;
                        if let Some(through) = item.through {
                            prop_assert_eq!(through - length, seen);
                            seen = through;
                            last = Some(through);
                        }
                    }
                    Due::Screen(_) => {
                        queue.show([Bytes::new()], shown);
                        seen = shown;
                    }
                    Due::Nothing => {}
                },
            }
            prop_assert!(queue.bytes <= MOST);
        }
        // A viewer that takes and draws all comes to the end; it says nothing about screens.
        last.into_iter().for_each(|through| queue.draw(through));
        loop {
            match queue.next() {
                Due::Frame(item) => {
                    seen = item.through.unwrap_or(seen);
                    item.through.into_iter().for_each(|through| queue.draw(through));
                }
                Due::Screen(_) => {
                    queue.show([Bytes::new()], shown);
                    seen = shown;
                }
                Due::Nothing => break,
            }
        }
        prop_assert_eq!(seen, shown);
        prop_assert!(queue.is_done());
    }
}
