"""A service that knows nothing of Baton but its documented subject: it prints what it hears.

usage: follow.py NATS_URL RUN_ID

Subscribes to everything about one run, prints `ready`, then a line of JSON for each event, and ends
with the run.
"""

import asyncio
import json
import sys

import nats

LAST = {"succeeded", "failed", "cancelled"}


async def main(url: str, run: str) -> None:
    connection = await nats.connect(url)
    over = asyncio.Event()

    async def hear(message) -> None:
        kind = message.subject.split(".")[5]
        body = json.loads(message.data)
        events = body["events"] if kind == "evt" else [{"type": kind}]
        for event in events:
            print(json.dumps({"subject": message.subject, "type": event["type"]}), flush=True)
            if event["type"] in LAST:
                over.set()

    await connection.subscribe(f"baton.v1.run.{run[-1]}.{run}.>", cb=hear)
    await connection.flush()
    print("ready", flush=True)
    await asyncio.wait_for(over.wait(), 60)
    await connection.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
