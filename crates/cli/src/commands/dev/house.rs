//! The roles of `baton dev`, in one process, over its two servers.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use baton_admission::keys::Seed;
use baton_api::{ApiDeps, ApiOptions, ApiServer};
use baton_bus::{Bus, access::Role};
use baton_domain::{Clock, Pool, SystemClock, WorkerId};
use baton_store::Store;
use baton_supervisor::{Supervisor, SupervisorDeps};
use baton_worker::{Mode, WorkerToken};
use tokio_util::sync::CancellationToken;

use super::{accounts, parts::Parts, servers::Servers, state::State};
use crate::{
    args::DevArgs,
    commands::{
        admission::{Admission, Keys},
        connect::{self, Access},
        live, recorder, supervisor,
        worker::{self, Place},
    },
};

/// The roles at work. The worker stops before the others: what it hands back still has to be
/// recorded, and what it uploads has to be taken.
#[derive(Debug)]
pub(super) struct House {
    worker: Parts,
    others: Parts,
    /// Where the API and the dashboard are.
    pub(super) url: String,
    /// What the worker does not do here, and why, for people.
    pub(super) lacks: Vec<String>,
}

/// What opens the house for its roles.
struct Opened {
    api_database_url: String,
    worker_token: WorkerToken,
}

/// The name of the only worker.
fn worker_id() -> anyhow::Result<WorkerId> {
    "local".parse().context("the worker's name")
}

/// What every role is built from.
struct Ground<'a> {
    args: &'a DevArgs,
    state: &'a State,
    servers: &'a Servers,
    clock: Arc<dyn Clock>,
    hard: CancellationToken,
}

impl House {
    /// Brings streams and tables up to date and starts the roles.
    pub(super) async fn open(
        args: &DevArgs,
        state: &State,
        servers: &Servers,
        hard: CancellationToken,
    ) -> anyhow::Result<Self> {
        let clock = Arc::new(SystemClock);
        let ground = Ground {
            args,
            state,
            servers,
            clock,
            hard,
        };
        let (bus, keys) = tokio::try_join!(ground.topology(), ground.migrate())?;
        let mut house = Self {
            worker: Parts::default(),
            others: Parts::default(),
            url: String::new(),
            lacks: Vec::new(),
        };
        house.start_api(&ground, bus, &keys).await?;
        house.start_recorder(&ground).await?;
        house.start_supervisor(&ground).await?;
        house.start_worker(&ground, keys.worker_token).await?;
        Ok(house)
    }

    /// Waits until a role has ended that should not have; says which and why.
    pub(super) async fn died(&mut self) -> String {
        tokio::select! {
            died = self.worker.died() => died,
            died = self.others.died() => died,
        }
    }

    /// Stops the roles in order and waits until they have.
    pub(super) async fn close(&mut self) {
        self.worker.stop().await;
        self.others.stop().await;
    }

    async fn start_api(
        &mut self,
        ground: &Ground<'_>,
        bus: Bus,
        keys: &Opened,
    ) -> anyhow::Result<()> {
        let options = ApiOptions {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, ground.args.port)),
            default_identity: Some(accounts::developer()?),
            artifact_max_bytes: ground.args.artifact_limit.artifact_max_bytes,
            live: live::dev_options(&ground.args.live, &ground.state.folder("session-keys.json"))?,
            control: ground.args.takeovers.options(),
            ..ApiOptions::new(ground.state.folder("artifacts"))
        };
        let admission = ground.admission(&bus, &keys.api_database_url).await?;
        let deps = ApiDeps {
            bus,
            store: connect::store_at(&keys.api_database_url, "api", Access::Read, 8)?,
            clock: Arc::clone(&ground.clock),
        };
        let api = ApiServer::new(options, deps)?
            .bind()
            .await
            .context("choose another port with --port (BATON_DEV_PORT), 0 for any that is free")?;
        self.url = format!("http://{}", api.local_addr());
        let (soft, hard) = (self.others.soft(), ground.hard.clone());
        self.others
            .start("admission", admission.serve(soft.clone()));
        let serving = async move { Ok(api.serve(soft, hard).await?) };
        self.others.start("API", serving);
        Ok(())
    }

    async fn start_supervisor(&mut self, ground: &Ground<'_>) -> anyhow::Result<()> {
        let deps = SupervisorDeps {
            bus: ground.bus("supervisor").await?,
            store: ground.store("supervisor", Access::Read, 3)?,
            clock: Arc::clone(&ground.clock),
        };
        let role = Supervisor::new(deps, supervisor::options(ground.args.lease));
        let (soft, hard) = (self.others.soft(), ground.hard.clone());
        self.others
            .start("supervisor", async move { Ok(role.run(soft, hard).await?) });
        Ok(())
    }
}

impl House {
    async fn start_recorder(&mut self, ground: &Ground<'_>) -> anyhow::Result<()> {
        let bus = ground.bus("recorder").await?;
        let store = ground.store("recorder", Access::Write, 3)?;
        let (soft, hard) = (self.others.soft(), ground.hard.clone());
        self.others
            .start("recorder", recorder::serve(bus, store, soft, hard));
        Ok(())
    }

    async fn start_worker(
        &mut self,
        ground: &Ground<'_>,
        token: WorkerToken,
    ) -> anyhow::Result<()> {
        let shown = token.reveal().to_owned();
        let place = Place {
            worker: worker_id()?,
            token: Some(token),
            state_dir: ground.state.folder("worker"),
            api_url: self.url.clone(),
            pools: [Pool::default_pool()].into(),
            drain_deadline: Duration::from_secs(ground.args.drain_seconds.into()),
            mode: Mode::Serve,
        };
        let work = &ground.args.work;
        let (options, lacks) = worker::checked(worker::options(place, work)?, work).await?;
        self.lacks.extend(lacks);
        let url = ground.servers.nats_url();
        let bus = connect::worker_bus_at(&url, &options.worker, &shown).await?;
        let clock = Arc::clone(&ground.clock);
        let (soft, hard) = (self.worker.soft(), ground.hard.clone());
        self.worker.start("worker", async move {
            baton_worker::run(bus, options, clock, soft, hard).await?;
            Ok(())
        });
        Ok(())
    }
}

impl Ground<'_> {
    /// Brings the broker up to date; the connection is the API's from then on.
    async fn topology(&self) -> anyhow::Result<Bus> {
        let provisioner = self.bus_of(Role::Provisioner, "nats-apply").await?;
        provisioner.apply_topology().await?;
        self.bus("api").await
    }

    /// Lets the worker in, beside the API.
    async fn admission(&self, bus: &Bus, database_url: &str) -> anyhow::Result<Admission> {
        let keys = &self.servers.keys;
        let (issuer, system) = (keys.issuer_file(), keys.seed_file(Role::Admission));
        let keys = Keys {
            issuer: &issuer,
            system: &system,
            session: Duration::from_secs(3600),
        };
        let store = connect::store_at(database_url, "admission", Access::Read, 3)?;
        Admission::with_gate(&keys, &self.servers.nats_url(), bus, &store).await
    }

    /// Brings the tables up to date, and says who may use them.
    async fn migrate(&self) -> anyhow::Result<Opened> {
        let store = self.store("migrate", Access::Write, 1)?;
        store.migrate().await.context(
            "the state folder may belong to another version of Baton: name another one with \
             --state (BATON_DEV_STATE_DIR), or remove it",
        )?;
        let (role, password) = accounts::api_role(&store).await?;
        let file = self.state.folder("worker-token");
        let worker_token = accounts::worker_token(&store, &worker_id()?, &file).await?;
        store.close().await;
        Ok(Opened {
            api_database_url: self.servers.database_url_of(role.as_str(), &password),
            worker_token,
        })
    }

    async fn bus(&self, who: &str) -> anyhow::Result<Bus> {
        let role = Role::ALL.into_iter().find(|role| role.as_str() == who);
        self.bus_of(role.context("no such role")?, who).await
    }

    async fn bus_of(&self, role: Role, who: &str) -> anyhow::Result<Bus> {
        let seed = Seed::of_user(&self.servers.keys.seed_file(role))?;
        let credentials = Some(connect::seed(&seed));
        Ok(connect::bus_by(&self.servers.nats_url(), who, credentials).await?)
    }

    fn store(&self, who: &str, access: Access, connections: u32) -> anyhow::Result<Store> {
        let url = self.servers.database_url();
        Ok(connect::store_at(&url, who, access, connections)?)
    }
}
