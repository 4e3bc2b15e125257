"""kafka-python as an application uses it. What it sees goes to standard output: a name and JSON on each line.

    kafka_python_session.py SERVERS all          everything once
    kafka_python_session.py SERVERS produce T    sends each line of standard input to topic T and repeats it when it is acknowledged
"""

import json
import sys
import time

import kafka
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

SERVERS, MODE = sys.argv[1:3]
TOPIC = "kafka-python"
CODECS = [None, "gzip"]


def tell(name, value):
    print(name, json.dumps(value), flush=True)


def error_of(call):
    try:
        call()
        return None
    except KafkaError as error:
        return type(error).__name__


def administer(admin):
    new = {TOPIC: {"num_partitions": 3, "replication_factor": 3, "configs": {"retention.ms": "86400000"}}}
    tell("created", error_of(lambda: admin.create_topics(new, wait_for_metadata=True)))
    tell("created again", error_of(lambda: admin.create_topics(new)))
    tell("badly named", error_of(lambda: admin.create_topics({"bad name": {"num_partitions": 1, "replication_factor": 1}})))
    tell("too many replicas", error_of(lambda: admin.create_topics({"replicas": {"num_partitions": 1, "replication_factor": 9}})))
    tell("grown", error_of(lambda: admin.create_partitions({TOPIC: 4})))
    tell("shrunk", error_of(lambda: admin.create_partitions({TOPIC: 1})))
    tell("brokers", sorted(broker["broker_id"] for broker in admin.describe_cluster()["brokers"]))
    resource = ConfigResource(ConfigResourceType.TOPIC, TOPIC, {"cleanup.policy": ("APPEND", "compact")})
    tell("altered", error_of(lambda: admin.alter_configs([resource])))

    def policy():
        described = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC)], config_filter="all")
        return next(iter(described.values()))[TOPIC]["cleanup.policy"]["value"]

    tell("policy", wait(policy, lambda value: value != "delete"))
    tell("features", sorted(admin.describe_features()))


def wait(probe, wanted):
    value = probe()
    for _ in range(100):
        if wanted(value):
            break
        time.sleep(0.1)
        value = probe()
    return value


def produce_all():
    offsets = []
    for codec in CODECS:
        producer = KafkaProducer(bootstrap_servers=SERVERS, enable_idempotence=True, compression_type=codec, linger_ms=5)
        sent = [
            producer.send(
                TOPIC, f"{codec} {number}".encode(), key=str(number).encode(), partition=0, headers=[("codec", str(codec).encode())]
            )
            for number in range(20)
        ]
        offsets += [future.get(30).offset for future in sent]
        producer.close()
    tell("offsets", offsets)


def member(group):
    return KafkaConsumer(
        TOPIC, bootstrap_servers=SERVERS, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False, fetch_max_wait_ms=100
    )


def read(consumer, count):
    messages = []
    end = time.time() + 60
    while len(messages) < count and time.time() < end:
        for batch in consumer.poll(200).values():
            messages += batch
    return messages


def consume_all():
    part = TopicPartition(TOPIC, 0)
    one = member("kafka-python")
    messages = read(one, 20 * len(CODECS))
    tell("values", [message.value.decode() for message in messages])
    tell("headers", [[key, value.decode()] for key, value in messages[0].headers])
    one.commit({part: OffsetAndMetadata(25, "", -1)})
    tell("committed", one.committed(part))
    tell("ends", [one.beginning_offsets([part])[part], one.end_offsets([part])[part]])
    found = one.offsets_for_times({part: messages[2].timestamp})[part]
    tell("by time", found.offset <= 2)
    one.close()
    two = member("kafka-python")
    tell("resumed at", read(two, 1)[0].offset)
    two.close()
    both = [member("kafka-python-both") for _ in range(2)]
    for _ in range(600):
        for each in both:
            each.poll(50)
        shares = [len(each.assignment()) for each in both]
        if sum(shares) == 4 and min(shares) > 0:
            break
    tell("shared", shares)
    for each in both:
        each.close()


def administer_groups(admin):
    listed = {group["group_id"] for group in admin.list_groups()}
    tell("groups", sorted(group for group in listed if group.startswith("kafka-python")))
    tell("group", admin.describe_groups(["kafka-python"])["kafka-python"]["group_state"])
    part = TopicPartition(TOPIC, 0)
    kept = admin.list_group_offsets({"kafka-python": [part]})
    tell("group offsets", kept["kafka-python"][part].offset)
    tell("group deleted", str(admin.delete_groups(["kafka-python"])))
    tell("deleted", error_of(lambda: admin.delete_topics([TOPIC])))
    tell("deleted again", error_of(lambda: admin.delete_topics([TOPIC])))


def everything():
    tell("versions", [kafka.__version__])
    admin = KafkaAdminClient(bootstrap_servers=SERVERS)
    administer(admin)
    produce_all()
    consume_all()
    administer_groups(admin)
    admin.close()


def produce_lines(topic):
    producer = KafkaProducer(bootstrap_servers=SERVERS, enable_idempotence=True, linger_ms=0, acks="all")
    for line in sys.stdin:
        value = line.rstrip("\n")
        producer.send(topic, value.encode()).add_callback(lambda _, value=value: print(value, flush=True))
    producer.flush()
    producer.close()


if MODE == "all":
    everything()
else:
    produce_lines(sys.argv[3])
