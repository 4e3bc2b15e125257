"""confluent-kafka (librdkafka) as an application uses it. What it sees goes to standard output: a name and JSON on each line.

    confluent_session.py SERVERS all          everything once
    confluent_session.py SERVERS produce T    sends each line of standard input to topic T and repeats it when it is acknowledged
    confluent_session.py SERVERS transform IN OUT GROUP ID
        reads topic IN in a group and writes it to OUT in transactions, of which it aborts each fourth, until standard input ends
"""

import json
import sys
import threading
import time

import confluent_kafka
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigEntry, ConfigResource, AlterConfigOpType, NewPartitions, NewTopic, OffsetSpec, ResourceType

SERVERS, MODE = sys.argv[1:3]
TOPIC = "confluent-kafka"
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def tell(name, value):
    print(name, json.dumps(value), flush=True)


def error_of(future):
    try:
        future.result(20)
        return None
    except KafkaException as error:
        return error.args[0].name()


def administer(admin):
    made = admin.create_topics([NewTopic(TOPIC, 3, 3, config={"retention.ms": "86400000"})])
    tell("created", error_of(made[TOPIC]))
    tell("created again", error_of(admin.create_topics([NewTopic(TOPIC, 3, 3)])[TOPIC]))
    tell("badly named", error_of(admin.create_topics([NewTopic("bad name", 1, 1)])["bad name"]))
    tell("too many replicas", error_of(admin.create_topics([NewTopic("replicas", 1, 9)])["replicas"]))
    tell("grown", error_of(admin.create_partitions([NewPartitions(TOPIC, 4)])[TOPIC]))
    tell("shrunk", error_of(admin.create_partitions([NewPartitions(TOPIC, 1)])[TOPIC]))
    cluster = admin.describe_cluster().result(20)
    tell("brokers", sorted(node.id for node in cluster.nodes))
    resource = ConfigResource(ResourceType.TOPIC, TOPIC)
    resource.add_incremental_config(ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.APPEND))
    tell("altered", error_of(admin.incremental_alter_configs([resource])[resource]))

    def policy():
        asked = ConfigResource(ResourceType.TOPIC, TOPIC)
        return admin.describe_configs([asked])[asked].result(20)["cleanup.policy"].value

    tell("policy", wait(policy, lambda value: value != "delete"))


def wait(probe, wanted):
    value = probe()
    for _ in range(100):
        if wanted(value):
            break
        time.sleep(0.1)
        value = probe()
    return value


def describe_topic(admin):
    topics = admin.describe_topics(confluent_kafka.TopicCollection([TOPIC]))
    partitions = topics[TOPIC].result(20).partitions
    tell("partitions", [[part.id, len(part.replicas), len(part.isr)] for part in partitions])


def produce_all():
    offsets = []
    for codec in CODECS:
        producer = Producer({"bootstrap.servers": SERVERS, "enable.idempotence": True, "compression.type": codec, "linger.ms": 5})
        for number in range(20):
            producer.produce(
                TOPIC,
                f"{codec} {number}" + "x" * 500,
                key=f"{number}",
                partition=0,
                headers=[("codec", codec), ("none", None)],
                on_delivery=lambda error, message: offsets.append(message.offset() if error is None else error.name()),
            )
        producer.flush(30)
    tell("offsets", offsets)
    failures = []
    small = Producer({"bootstrap.servers": SERVERS, "message.max.bytes": 2_000_000})
    small.produce(TOPIC, "y" * 1_500_000, partition=1, on_delivery=lambda error, _: failures.append(error and error.name()))
    small.flush(30)
    tell("too large", failures)


def member(group, strategy="range", **more):
    return Consumer(
        {
            "bootstrap.servers": SERVERS,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "partition.assignment.strategy": strategy,
            **more,
        }
    )


def read(consumers, count):
    messages = []
    end = time.time() + 60
    while len(messages) < count and time.time() < end:
        for consumer in consumers:
            message = consumer.poll(0.1)
            if message is not None and message.error() is None:
                messages.append(message)
    return messages


def consume_all():
    one = member("confluent")
    one.subscribe([TOPIC])
    messages = read([one], 100)
    tell("values", [message.value().decode().rstrip("x") for message in messages])
    tell("headers", [[key, value and value.decode()] for key, value in messages[0].headers()])
    one.commit(offsets=[TopicPartition(TOPIC, 0, 40)], asynchronous=False)
    tell("committed", [part.offset for part in one.committed([TopicPartition(TOPIC, 0), TopicPartition(TOPIC, 1)], 20)])
    tell("watermarks", one.get_watermark_offsets(TopicPartition(TOPIC, 0), 20))
    time_of_the_third = messages[2].timestamp()[1]
    found = one.offsets_for_times([TopicPartition(TOPIC, 0, time_of_the_third), TopicPartition(TOPIC, 0, 4_000_000_000_000)], 20)
    tell("by time", [found[0].offset <= 2, found[1].offset])
    one.close()
    two = member("confluent")
    two.subscribe([TOPIC])
    tell("resumed at", read([two], 1)[0].offset())
    two.close()
    for strategy in ("range", "roundrobin", "cooperative-sticky"):
        both = [member(f"confluent-{strategy}", strategy) for _ in range(2)]
        for each in both:
            each.subscribe([TOPIC])
        for _ in range(600):
            for each in both:
                each.poll(0.05)
            shares = [len(each.assignment()) for each in both]
            if sum(shares) == 4 and min(shares) > 0:
                break
        tell(f"shared by {strategy}", shares)
        for each in both:
            each.close()
    share_by_consumer_protocol()


def modern_member(group):
    return Consumer(
        {
            "bootstrap.servers": SERVERS,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "group.protocol": "consumer",
        }
    )


def until_even(members):
    share = 4 // len(members)
    shares = []
    for _ in range(600):
        for each in members:
            each.poll(0.05)
        shares = [len(each.assignment()) for each in members]
        if all(found == share for found in shares):
            break
    return shares


def share_by_consumer_protocol():
    """Two members by the consumer protocol; then a group that goes from one protocol to the other, and back."""
    both = [modern_member("confluent-consumer") for _ in range(2)]
    for each in both:
        each.subscribe([TOPIC])
    tell("shared by consumer protocol", until_even(both))
    for each in both:
        each.close()
    classic = member("confluent-migrating")
    classic.subscribe([TOPIC])
    steps = [until_even([classic])]
    modern = modern_member("confluent-migrating")
    modern.subscribe([TOPIC])
    steps.append(until_even([classic, modern]))
    classic.close()
    steps.append(until_even([modern]))
    back = member("confluent-migrating")
    back.subscribe([TOPIC])
    steps.append(until_even([modern, back]))
    modern.close()
    steps.append(until_even([back]))
    back.close()
    tell("migrating", steps)


def administer_groups(admin):
    listed = admin.list_consumer_groups().result(20)
    tell("groups", sorted(group.group_id for group in listed.valid if group.group_id.startswith("confluent")))
    described = admin.describe_consumer_groups(["confluent"])["confluent"].result(20)
    tell("group", [described.state.name, len(described.members)])
    asked = [ConsumerGroupTopicPartitions("confluent", [TopicPartition(TOPIC, 0)])]
    kept = admin.list_consumer_group_offsets(asked)["confluent"].result(20)
    tell("group offsets", [part.offset for part in kept.topic_partitions])
    moved = [ConsumerGroupTopicPartitions("confluent", [TopicPartition(TOPIC, 0, 7)])]
    admin.alter_consumer_group_offsets(moved)["confluent"].result(20)
    kept = admin.list_consumer_group_offsets(asked)["confluent"].result(20)
    tell("group offsets moved", [part.offset for part in kept.topic_partitions])
    tell("group deleted", error_of(admin.delete_consumer_groups(["confluent"])["confluent"]))
    tell("group deleted again", error_of(admin.delete_consumer_groups(["confluent"])["confluent"]))
    part = TopicPartition(TOPIC, 0)

    def youngest():
        try:
            return admin.list_offsets({part: OffsetSpec.max_timestamp()})[part].result(20).offset
        except KafkaException:  # librdkafka does not ask again when the leader has changed.
            return -1

    tell("max timestamp", wait(youngest, lambda offset: offset >= 0) >= 0)
    tell("deleted", error_of(admin.delete_topics([TOPIC])[TOPIC]))
    tell("deleted again", error_of(wait(lambda: admin.delete_topics([TOPIC])[TOPIC], lambda future: error_of(future) is not None)))


def everything():
    tell("versions", [confluent_kafka.version(), confluent_kafka.libversion()[0]])
    admin = AdminClient({"bootstrap.servers": SERVERS})
    administer(admin)
    produce_all()
    describe_topic(admin)
    consume_all()
    administer_groups(admin)


def poll_for_ever(producer):
    while True:
        producer.poll(0.05)


def produce_lines(topic):
    producer = Producer({"bootstrap.servers": SERVERS, "enable.idempotence": True, "linger.ms": 0, "acks": "all"})

    def delivered(error, message):
        if error is None:
            print(message.value().decode(), flush=True)

    # Deliveries are told while somebody polls, also while no line comes.
    threading.Thread(target=poll_for_ever, args=[producer], daemon=True).start()
    for line in sys.stdin:
        producer.produce(topic, line.rstrip("\n"), on_delivery=delivered)
    producer.flush(60)


def rewind(consumer):
    """Back to the committed offsets."""
    for part in consumer.committed(consumer.assignment(), 60):
        consumer.seek(TopicPartition(part.topic, part.partition, max(0, part.offset)))


def transform(source, target, group, transactional_id):
    """Begins with a new producer whatever has gone wrong, and reads again from the committed offsets."""
    ended = threading.Event()

    def watch():
        sys.stdin.read()
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    consumer = member(group, **{"isolation.level": "read_committed"})
    consumer.subscribe([source])
    transactions = 0
    while not ended.is_set():
        producer = Producer({"bootstrap.servers": SERVERS, "transactional.id": transactional_id, "linger.ms": 0})
        try:
            producer.init_transactions(60)
            rewind(consumer)
            while not ended.is_set():
                messages = [message for message in consumer.consume(10, 0.1) if message.error() is None]
                if not messages:
                    continue
                producer.begin_transaction()
                for message in messages:
                    producer.produce(target, message.value())
                offsets = consumer.position(consumer.assignment())
                producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata(), 60)
                transactions += 1
                if transactions % 4 == 0:
                    producer.abort_transaction(60)
                    rewind(consumer)
                else:
                    producer.commit_transaction(60)
        except KafkaException as error:
            print("begins anew:", error, file=sys.stderr, flush=True)
    consumer.close()


if MODE == "all":
    everything()
elif MODE == "transform":
    transform(*sys.argv[3:7])
else:
    produce_lines(sys.argv[3])
