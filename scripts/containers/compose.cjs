// What docker-compose.yaml promises. A check is {check, wrong}: `check` throws a Refusal, `wrong` are changes of
// what it looks at that it must refuse.
"use strict";
const { exists, must, own, services } = require("./read.cjs");

const SERVICES = ["nats", "postgres", "migrate", "streams", "api", "recorder", "supervisor", "worker-1", "worker-2"];
const ONE_SHOT = ["migrate", "streams"];
const HEALTHY = ["nats", "postgres", "api"];

module.exports = {
  "every service is there, with a command that the binary knows": {
    check({ compose }) {
      for (const name of SERVICES) must(compose.services[name], `the service ${name} is missing`);
      for (const [name, { command }] of own({ compose })) {
        const words = (command ?? []).join(" ");
        must(/^baton (api|recorder|supervisor|worker|migrate|nats apply)$/.test(words), `${name} runs '${words}'`);
      }
    },
    wrong: [(all) => delete all.compose.services.recorder, (all) => (all.compose.services.api.command = ["sh"])],
  },
  "only the API has a port, and it is on loopback": {
    check({ compose }) {
      for (const [name, service] of services({ compose })) {
        const ports = service.ports ?? [];
        must(name === "api" || ports.length === 0, `${name} publishes ${ports.join(", ")}`);
        must(service.network_mode === undefined, `${name} has a network_mode`);
        for (const port of ports) {
          must(/^127\.0\.0\.1:\d+:\d+$/.test(port), `the port ${JSON.stringify(port)} of ${name} is not on 127.0.0.1`);
        }
      }
      must(compose.services.api.ports?.length === 1, "the API has no port");
    },
    wrong: [
      (all) => (all.compose.services.api.ports = ["7700:7700"]),
      (all) => (all.compose.services.nats.ports = ["127.0.0.1:8222:8222"]),
      (all) => (all.compose.services.nats.network_mode = "host"),
    ],
  },
  "what others wait for has a health check": {
    check({ compose }) {
      for (const name of HEALTHY) {
        const { healthcheck } = compose.services[name];
        must(
          healthcheck?.test?.[0] === "CMD" && healthcheck.retries && healthcheck.timeout,
          `${name} has no health check`,
        );
      }
    },
    wrong: [(all) => delete all.compose.services.postgres.healthcheck],
  },
  "dependencies exist and wait for the right condition": {
    check({ compose }) {
      for (const [name, { depends_on: needs = {} }] of services({ compose })) {
        for (const [target, { condition } = {}] of Object.entries(needs)) {
          must(compose.services[target], `${name} depends on ${target}, which is not there`);
          const right = ONE_SHOT.includes(target) ? "service_completed_successfully" : "service_healthy";
          must(condition === right, `${name} waits for '${condition}' of ${target}, not for ${right}`);
          must(
            ONE_SHOT.includes(target) || HEALTHY.includes(target),
            `${target}, which ${name} waits for, has no health`,
          );
        }
        const wanted = { migrate: ["postgres"], streams: ["nats"], nats: [], postgres: [] }[name];
        const role = name.startsWith("worker") ? ["nats", "streams", "api"] : ["nats", "postgres", ...ONE_SHOT];
        for (const target of wanted ?? role) must(needs[target], `${name} does not wait for ${target}`);
      }
    },
    wrong: [
      (all) => (all.compose.services.api.depends_on = { redis: { condition: "service_healthy" } }),
      (all) => (all.compose.services.api.depends_on.migrate = { condition: "service_started" }),
      (all) => delete all.compose.services["worker-2"].depends_on.streams,
    ],
  },
  "services come back, one-shots do not, and runs have time to be handed back": {
    check({ compose }) {
      for (const [name, service] of services({ compose })) {
        const right = ONE_SHOT.includes(name) ? "no" : "unless-stopped";
        must(service.restart === right, `the restart policy of ${name} is not '${right}'`);
        must(ONE_SHOT.includes(name) || service.stop_grace_period, `${name} has no stop_grace_period`);
        const drain = Number(service.environment?.BATON_WORKER_DRAIN_SECONDS ?? 0);
        must(drain === 0 || parseInt(service.stop_grace_period, 10) > drain, `${name} is killed while it drains`);
      }
    },
    wrong: [
      (all) => delete all.compose.services.recorder.restart,
      (all) => (all.compose.services["worker-1"].stop_grace_period = "10s"),
    ],
  },
  "secrets come by file and stand nowhere else": {
    check({ compose, ignored }) {
      for (const [name, { file } = {}] of Object.entries(compose.secrets ?? {})) {
        must(file?.startsWith("./deploy/secrets/"), `the secret ${name} is no file below deploy/secrets`);
        must(ignored(file), `git does not ignore ${file}`);
      }
      for (const [name, { environment = {}, secrets = [] }] of services({ compose })) {
        for (const secret of secrets)
          must(compose.secrets?.[secret], `${name} uses the secret ${secret}, which is not defined`);
        for (const [key, value] of Object.entries(environment)) {
          const file = /^\/run\/secrets\/(.+)$/.exec(value)?.[1];
          must(!file || secrets.includes(file), `${key} of ${name} names a secret that ${name} does not get`);
          must(
            !/PASSWORD|SECRET|TOKEN|API_KEY|DATABASE_URL/.test(key) || file,
            `${key} of ${name} is no file below /run/secrets`,
          );
          must(!/:\/\/[^/]*@/.test(value), `${key} of ${name} holds a URL with a password`);
        }
      }
    },
    wrong: [
      (all) => (all.compose.secrets.database_url = { environment: "URL" }),
      (all) => (all.ignored = () => false),
      (all) => (all.compose.services.postgres.environment.POSTGRES_PASSWORD = "x"),
      (all) => (all.compose.services.recorder.secrets = []),
      (all) => (all.compose.services["worker-1"].environment.BATON_NATS_URL = "nats://a:b@nats:4222"),
    ],
  },
  "every setting exists in crates/cli/src/args": {
    check({ compose, stages, settings }) {
      const named = new Map();
      for (const [name, { environment = {} }] of services({ compose })) {
        for (const key of Object.keys(environment)) named.set(key, name);
      }
      for (const { name, steps } of stages) {
        for (const { rest } of steps.filter(({ word }) => word === "ENV")) {
          for (const [, key] of rest.matchAll(/(\w+)=/g)) named.set(key, `the stage ${name}`);
        }
      }
      for (const [key, where] of named) {
        must(!key.startsWith("BATON_") || settings.has(key), `${key} of ${where} is no setting of Baton`);
      }
      must([...named.keys()].filter((key) => key.startsWith("BATON_")).length > 5, "hardly any setting is named");
    },
    wrong: [
      (all) => (all.compose.services.api.environment.BATON_API_LISTENS = "x"),
      (all) => all.stages.at(-1).steps.push({ word: "ENV", rest: "A=b BATON_ARTIFACT_DIR=/x" }),
    ],
  },
  "containers are read-only and hold no privileges; agents do not reach the database": {
    check({ compose }) {
      for (const [name, service] of services({ compose })) {
        must(service.read_only === true, `${name} is not read_only`);
        must(service.cap_drop?.includes("ALL"), `${name} keeps capabilities`);
        must(name === "postgres" || !service.cap_add, `${name} adds capabilities`);
        must(service.security_opt?.includes("no-new-privileges:true"), `${name} may gain privileges`);
        must(!service.privileged && !service.user, `${name} has other rights than its image gives`);
        const bound = (service.volumes ?? []).filter((volume) => /^[./~]/.test(volume));
        for (const volume of bound) must(volume.endsWith(":ro"), `${name} can write ${volume} on the machine`);
        const reaches = (service.networks ?? []).includes("data");
        must(!name.startsWith("worker") || !reaches, `${name} reaches the database`);
      }
      must(compose.networks.data?.internal === true, "the database's network is not internal");
    },
    wrong: [
      (all) => delete all.compose.services.supervisor.cap_drop,
      (all) => (all.compose.services.nats.read_only = false),
      (all) => (all.compose.services["worker-2"].networks = ["spine", "data"]),
      (all) => (all.compose.services.api.volumes = ["/var/run/docker.sock:/var/run/docker.sock"]),
    ],
  },
  "volumes and networks are declared, and each worker has a state of its own": {
    check({ compose }) {
      const states = [];
      for (const [name, { volumes = [], networks = [] }] of services({ compose })) {
        for (const network of networks)
          must(compose.networks[network] !== undefined, `the network ${network} of ${name} is not declared`);
        for (const [volume, target] of volumes.map((text) => text.split(":"))) {
          must(
            /^[./~]/.test(volume) || compose.volumes[volume] !== undefined,
            `the volume ${volume} of ${name} is not declared`,
          );
          must(!volume.startsWith("./") || exists(volume), `${name} mounts ${volume}, which is not there`);
          if (target === "/var/lib/baton/worker") states.push(volume);
        }
      }
      must(new Set(states).size === 2, "the two workers do not have two state volumes");
    },
    wrong: [
      (all) => delete all.compose.volumes.artifacts,
      (all) => (all.compose.services["worker-2"].volumes = all.compose.services["worker-1"].volumes),
      (all) => (all.compose.services.nats.volumes[0] = "./nats/gone.conf:/etc/nats/server.conf:ro"),
    ],
  },
};
