// What deploy/Dockerfile and the images of docker-compose.yaml promise; the form is that of compose.cjs.
"use strict";
const { exists, lineage, must, own, read, services } = require("./read.cjs");

const AGENT_PACKAGES = ["git", "tmux", "tmate", "openssh-client", "ca-certificates"];

const pinned = (image) => /:[^:/]*\d[^:/]*$/.test(image) && !image.includes("latest");

module.exports = {
  "images are pinned, as elsewhere in the project": {
    check({ compose, stages, rust, nats }) {
      const names = new Set(stages.map(({ name }) => name));
      const bases = stages.map(({ image }) => image).filter((image) => !names.has(image));
      for (const image of [
        ...bases.filter((image) => image !== "debian:bookworm-slim"),
        ...services({ compose }).map(([, { image }]) => image),
      ]) {
        must(image && pinned(image), `the image ${image} is not pinned by version`);
      }
      must(
        stages.some(({ image }) => image === `rust:${rust}-bookworm`),
        `Rust is not that of rust-toolchain.toml (${rust})`,
      );
      const tag = compose.services.nats.image;
      must(tag.startsWith(`nats:${nats}-`), `${tag} is not the server of scripts/python-requirements.txt (${nats})`);
    },
    wrong: [
      (all) => (all.compose.services.postgres.image = "postgres:latest"),
      (all) => (all.compose.services.postgres.image = "postgres"),
      (all) => (all.stages[0].image = "node:lts"),
      (all) => (all.rust = "1.0.0"),
      (all) => (all.nats = "2.0.0"),
    ],
  },
  "stages are named, and copy from earlier stages what is there": {
    check({ stages, compose, allowed }) {
      const seen = new Set();
      for (const { name, steps } of stages) {
        must(name && !seen.has(name), `a stage has no name of its own (${name})`);
        for (const { rest } of steps.filter(({ word }) => word === "COPY" || word === "ADD")) {
          const from = /--from=(\S+)/.exec(rest)?.[1];
          must(!from || seen.has(from), `the stage ${name} copies from ${from}, which is no earlier stage`);
          const sources = from ? [] : rest.split(/\s+/).slice(0, -1);
          for (const source of sources) {
            must(exists(source), `the stage ${name} copies ${source}, which is not there`);
            must(allowed(source), `.dockerignore keeps ${source} from the stage ${name}`);
          }
        }
        seen.add(name);
      }
      for (const [name, { build }] of own({ compose }))
        must(seen.has(build.target), `${name} is built from the stage ${build.target}`);
    },
    wrong: [
      (all) => delete all.stages[1].name,
      (all) => all.stages[0].steps.push({ word: "COPY", rest: "--from=build /a /b" }),
      (all) => all.stages[1].steps.push({ word: "COPY", rest: "gone gone" }),
      (all) => all.stages[1].steps.push({ word: "COPY", rest: "docs docs" }),
      (all) => (all.compose.services.api.build.target = "apis"),
    ],
  },
  "what runs is no root": {
    check({ stages }) {
      for (const wanted of ["baton", "worker"]) {
        const stage = stages.find(({ name }) => name === wanted);
        must(stage, `the stage ${wanted} is missing`);
        const user = stage.steps.findLast(({ word }) => word === "USER")?.rest;
        must(/^[1-9]\d*(:[1-9]\d*)?$/.test(user ?? ""), `the stage ${wanted} runs as ${user ?? "root"}`);
      }
    },
    wrong: [
      (all) => all.stages.at(-1).steps.push({ word: "USER", rest: "root" }),
      (all) => all.stages.at(-1).steps.splice(0, 9),
    ],
  },
  "the worker has what agents need": {
    check({ stages }) {
      const steps = lineage(
        stages,
        stages.find(({ name }) => name === "worker"),
      );
      const installed = steps
        .filter(({ word, rest }) => word === "RUN" && rest.includes("apt-get install"))
        .map(({ rest }) => rest.split("apt-get install")[1].split("&&")[0].split(/\s+/));
      for (const name of AGENT_PACKAGES)
        must(installed.flat().includes(name), `the stage worker does not install ${name}`);
      must(
        steps.some(({ rest }) => rest.includes("/usr/local/bin/codex")),
        "the stage worker has no codex",
      );
      must(
        steps.some(({ rest }) => rest.includes("/usr/local/bin/claude")),
        "the stage worker has no claude",
      );
      const pinned = JSON.parse(read("scripts/tools/package.json")).dependencies;
      for (const name of ["@openai/codex", "@anthropic-ai/claude-code"])
        must(/^\d+\.\d+\.\d+$/.test(pinned[name]), `${name} is not pinned exactly (${pinned[name]})`);
    },
    wrong: AGENT_PACKAGES.map((name) => (all) => {
      const gone = (step) => (step.rest = step.rest.replaceAll(` ${name}`, ""));
      all.stages.forEach(({ steps }) => steps.filter(({ word }) => word === "RUN").forEach(gone));
    }),
  },
};
