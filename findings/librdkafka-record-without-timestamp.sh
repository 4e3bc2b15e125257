#!/usr/bin/env bash
# A record may have no timestamp, which is -1 (Java's producer writes none of these, other clients do). One would guess that the
# maxTimestamp of a batch of such records is -1 as well. librdkafka writes 0: the header is later than the latest of its records. The
# broker neither refuses the batch nor keeps it as it came: it corrects the header, and the CRC with it. A broker that holds the header
# against the records loses them; one that trusts it knows a record of 1970 that is not there.
# Versions: confluent-kafka 2.16.1 (librdkafka), org.apache.kafka:kafka_2.13 4.4.0. First seen: 2026-11-29.
# Source: rdkafka_msgset_writer.c; LogValidator.validateMessagesAndAssignOffsetsNonCompressed.
set -euo pipefail
source "$(dirname "$0")/apache-kafka.bash"

fetch_kafka 4.4.0
python3 -m venv "$WORK/venv"
"$WORK/venv/bin/pip" install -q --disable-pip-version-check confluent-kafka==2.16.1

cat >"$WORK/finding.py" <<'END'
"""Produces through a proxy that remembers what went to the broker, and reads the same batch in the broker's log."""
import socket, sys, threading
import confluent_kafka
from confluent_kafka.admin import AdminClient, NewTopic

advertised, broker, log = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
PRODUCE = 0
frames = []


def pass_on(source, target, seen):
    try:
        while True:
            head = source.recv(4, socket.MSG_WAITALL)
            if len(head) < 4:
                break
            frame = source.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
            if seen is not None:
                seen.append(frame)
            target.sendall(head + frame)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def proxy(listener):
    while True:
        client, _ = listener.accept()
        server = socket.create_connection(("127.0.0.1", broker))
        threading.Thread(target=pass_on, args=(client, server, frames), daemon=True).start()
        threading.Thread(target=pass_on, args=(server, client, None), daemon=True).start()


def batch_in(data):
    """The first record batch (magic 2, one record) somewhere in the data."""
    for start in range(len(data) - 61 + 1):
        length = int.from_bytes(data[start + 8 : start + 12], "big")
        if data[start + 16] == 2 and data[start + 57 : start + 61] == b"\0\0\0\1" and 49 < length <= len(data) - start - 12:
            return data[start : start + 12 + length]
    raise SystemExit("no record batch was found")


def tell(where, batch):
    number = lambda start, end: int.from_bytes(batch[start:end], "big", signed=True)
    print(f"{where}: baseTimestamp={number(27, 35)} maxTimestamp={number(35, 43)} crc={batch[17:21].hex()}")


threading.Thread(target=proxy, args=(socket.create_server(("127.0.0.1", advertised)),), daemon=True).start()
print("confluent-kafka", confluent_kafka.version(), "librdkafka", confluent_kafka.libversion()[0])
servers = {"bootstrap.servers": f"127.0.0.1:{advertised}"}
admin = AdminClient(servers)
admin.create_topics([NewTopic("undated", 1, 1)])["undated"].result()
errors = []
producer = confluent_kafka.Producer(servers)
producer.produce("undated", b"a value", timestamp=-1, on_delivery=lambda error, _: errors.append(error))
producer.flush()
if errors != [None]:
    raise SystemExit(f"the broker refused the record: {errors}")
tell("sent", batch_in(next(frame for frame in frames if int.from_bytes(frame[:2], "big") == PRODUCE)))
with open(log, "rb") as file:
    tell("in the log", batch_in(file.read()))
END
proxy=$(free_port)
format_broker "$(free_port)" "$proxy"
start_broker
"$WORK/venv/bin/python" "$WORK/finding.py" "$proxy" "$PORT" "$WORK/data/undated-0/00000000000000000000.log" | tee "$WORK/told"
grep -q '^sent: baseTimestamp=-1 maxTimestamp=0 ' "$WORK/told" || changed "librdkafka's header is another"
grep -q '^in the log: baseTimestamp=-1 maxTimestamp=-1 ' "$WORK/told" || changed "the broker keeps another header"
