import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.*;

/**
 * Apache Kafka's Java clients as an application uses them. What they see goes to standard output: a name and JSON on each line.
 *
 * <pre>
 * java JavaSession.java SERVERS all          everything once
 * java JavaSession.java SERVERS produce T    sends each line of standard input to topic T and repeats it when it is acknowledged
 * java JavaSession.java SERVERS transform IN OUT GROUP ID
 *     reads topic IN in a group and writes it to OUT in transactions, of which it aborts each fourth, until standard input ends
 * </pre>
 */
public class JavaSession {
  static final String TOPIC = "java";
  static final Properties properties = new Properties();

  public static void main(String[] arguments) throws Exception {
    properties.put("bootstrap.servers", arguments[0]);
    if (arguments[1].equals("all")) everything();
    else if (arguments[1].equals("transform")) transform(arguments[2], arguments[3], arguments[4], arguments[5]);
    else produceLines(arguments[2]);
  }

  static void everything() throws Exception {
    try (Admin admin = Admin.create(properties)) {
      administer(admin);
      produceAll();
      describe(admin);
      consumeAll();
      administerGroups(admin);
      makeAgain(admin);
    }
  }

  static void tell(String name, Object value) {
    System.out.println(name + " " + json(value));
    System.out.flush();
  }

  static String json(Object value) {
    if (value == null || value instanceof Number || value instanceof Boolean) return String.valueOf(value);
    if (value instanceof Collection<?> items) return items.stream().map(JavaSession::json).collect(Collectors.joining(",", "[", "]"));
    return '"' + value.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  interface Call {
    void run() throws Exception;
  }

  /** The exception's name; null: there was none. */
  static String errorOf(Call call) {
    try {
      call.run();
      return null;
    } catch (ExecutionException error) {
      return error.getCause().getClass().getSimpleName();
    } catch (Exception error) {
      return error.getClass().getSimpleName();
    }
  }

  static <T> T until(Callable<T> probe, java.util.function.Predicate<T> wanted) throws Exception {
    for (int attempt = 0; ; attempt++) {
      T value = probe.call();
      if (wanted.test(value) || attempt == 100) return value;
      Thread.sleep(100);
    }
  }

  static void administer(Admin admin) throws Exception {
    var topic = new NewTopic(TOPIC, 3, (short) 3).configs(Map.of("retention.ms", "86400000"));
    tell("created", errorOf(() -> admin.createTopics(List.of(topic)).all().get()));
    tell("created again", errorOf(() -> admin.createTopics(List.of(topic)).all().get()));
    tell("badly named", errorOf(() -> admin.createTopics(List.of(new NewTopic("bad name", 1, (short) 1))).all().get()));
    tell("too many replicas", errorOf(() -> admin.createTopics(List.of(new NewTopic("replicas", 1, (short) 9))).all().get()));
    tell("grown", errorOf(() -> admin.createPartitions(Map.of(TOPIC, NewPartitions.increaseTo(4))).all().get()));
    tell("shrunk", errorOf(() -> admin.createPartitions(Map.of(TOPIC, NewPartitions.increaseTo(1))).all().get()));
    tell("brokers", admin.describeCluster().nodes().get().stream().map(Node::id).sorted().toList());
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, TOPIC);
    var append = new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.APPEND);
    tell("altered", errorOf(() -> admin.incrementalAlterConfigs(Map.of(resource, List.of(append))).all().get()));
    tell("policy", until(
        () -> admin.describeConfigs(List.of(resource)).all().get().get(resource).get("cleanup.policy").value(),
        value -> !value.equals("delete")));
    var group = new ConfigResource(ConfigResource.Type.GROUP, "java-configured");
    var timeout = new AlterConfigOp(new ConfigEntry("consumer.session.timeout.ms", "50000"), AlterConfigOp.OpType.SET);
    tell("group altered", errorOf(() -> admin.incrementalAlterConfigs(Map.of(group, List.of(timeout))).all().get()));
    tell("groups with configs", until(
        () -> admin.listConfigResources(Set.of(ConfigResource.Type.GROUP), new ListConfigResourcesOptions()).all().get().stream()
            .map(ConfigResource::name).toList(),
        names -> !names.isEmpty()));
    tell("quorum", admin.describeMetadataQuorum().quorumInfo().get().voters().size());
    tell("features", admin.describeFeatures().featureMetadata().get().finalizedFeatures().keySet().stream().sorted().toList());
  }

  static Properties with(Object... more) {
    Properties own = (Properties) properties.clone();
    for (int index = 0; index < more.length; index += 2) own.put(more[index], String.valueOf(more[index + 1]));
    return own;
  }

  static KafkaProducer<String, String> producer(Object... more) {
    return new KafkaProducer<>(with(more), new StringSerializer(), new StringSerializer());
  }

  static void produceAll() throws Exception {
    var offsets = new ArrayList<Long>();
    for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
      try (var producer = producer("compression.type", codec)) {
        var sent = new ArrayList<Future<RecordMetadata>>();
        for (int number = 0; number < 20; number++) {
          var record = new ProducerRecord<>(TOPIC, 0, String.valueOf(number), codec + " " + number);
          record.headers().add("codec", codec.getBytes(StandardCharsets.UTF_8)).add("none", null);
          sent.add(producer.send(record));
        }
        for (var each : sent) offsets.add(each.get().offset());
      }
    }
    tell("offsets", offsets);
    try (var producer = producer("max.request.size", 2_000_000)) {
      tell("too large", errorOf(() -> producer.send(new ProducerRecord<>(TOPIC, 1, "k", "y".repeat(1_500_000))).get()));
    }
  }

  static void describe(Admin admin) throws Exception {
    var description = admin.describeTopics(List.of(TOPIC)).allTopicNames().get().get(TOPIC);
    tell("partitions", description.partitions().stream()
        .map(each -> List.of(each.partition(), each.replicas().size(), each.isr().size(), each.elr().size())).toList());
    var partition = new TopicPartition(TOPIC, 0);
    var ends = admin.listOffsets(Map.of(partition, OffsetSpec.latest())).all().get().get(partition);
    var most = admin.listOffsets(Map.of(partition, OffsetSpec.maxTimestamp())).all().get().get(partition);
    var tiered = admin.listOffsets(Map.of(partition, OffsetSpec.latestTiered())).all().get().get(partition);
    tell("listed", List.of(ends.offset(), most.offset() >= 0, tiered.offset()));
    tell("directories", admin.describeLogDirs(List.of(1, 2, 3)).allDescriptions().get().values().stream()
        .mapToLong(directories -> directories.values().stream()
            .flatMap(each -> each.replicaInfos().keySet().stream()).filter(each -> each.topic().equals(TOPIC)).count())
        .boxed().toList());
    var producers = admin.describeProducers(List.of(partition)).all().get().get(partition).activeProducers();
    tell("producers", producers.size());
  }

  static KafkaConsumer<String, String> consumer(String group, Object... more) {
    return consumerOf("classic", group, more);
  }

  static KafkaConsumer<String, String> consumerOf(String protocol, String group, Object... more) {
    Properties own = with("group.id", group, "auto.offset.reset", "earliest", "enable.auto.commit", false, "group.protocol", protocol);
    for (int index = 0; index < more.length; index += 2) own.put(more[index], String.valueOf(more[index + 1]));
    return new KafkaConsumer<>(own, new StringDeserializer(), new StringDeserializer());
  }

  static List<ConsumerRecord<String, String>> read(KafkaConsumer<String, String> consumer, int count) {
    var read = new ArrayList<ConsumerRecord<String, String>>();
    for (var end = Instant.now().plusSeconds(60); read.size() < count && Instant.now().isBefore(end); ) {
      for (var record : consumer.poll(Duration.ofMillis(200))) read.add(record);
    }
    return read;
  }

  static void consumeAll() throws Exception {
    var partition = new TopicPartition(TOPIC, 0);
    try (var one = consumer("java")) {
      one.subscribe(List.of(TOPIC));
      var records = read(one, 100);
      tell("values", records.stream().map(ConsumerRecord::value).toList());
      tell("headers", StreamSupport.stream(records.get(0).headers().spliterator(), false).map(Header::key).toList());
      one.commitSync(Map.of(partition, new OffsetAndMetadata(40)));
      tell("committed", one.committed(Set.of(partition)).get(partition).offset());
      tell("ends", List.of(one.beginningOffsets(List.of(partition)).get(partition), one.endOffsets(List.of(partition)).get(partition)));
      tell("by time", one.offsetsForTimes(Map.of(partition, records.get(2).timestamp())).get(partition).offset() <= 2);
    }
    try (var two = consumer("java")) {
      two.subscribe(List.of(TOPIC));
      tell("resumed at", read(two, 1).get(0).offset());
    }
    try (var three = consumer("java-by-duration", "auto.offset.reset", "by_duration:PT1H")) {
      three.assign(List.of(partition));
      tell("read by duration", read(three, 100).size());
    }
    for (String assignor : List.of("RangeAssignor", "RoundRobinAssignor", "StickyAssignor", "CooperativeStickyAssignor")) share(assignor);
    for (String assignor : List.of("uniform", "range"))
      tell("shared by " + assignor, shared(consumerOf("consumer", "java-" + assignor, "group.remote.assignor", assignor),
          consumerOf("consumer", "java-" + assignor, "group.remote.assignor", assignor)));
    try (var matching = consumerOf("consumer", "java-pattern")) {
      matching.subscribe(new SubscriptionPattern(TOPIC.charAt(0) + ".*" + TOPIC.substring(1)));
      for (int attempt = 0; attempt < 600 && matching.assignment().size() < 4; attempt++) matching.poll(Duration.ofMillis(50));
      tell("matched", matching.assignment().size());
    }
    migrate();
  }

  static void share(String assignor) throws Exception {
    String strategy = "org.apache.kafka.clients.consumer." + assignor;
    tell("shared by " + assignor, shared(consumer("java-" + assignor, "partition.assignment.strategy", strategy),
        consumer("java-" + assignor, "partition.assignment.strategy", strategy)));
  }

  /** By whichever protocol the members go: they share the topic, and leave. */
  static List<Integer> shared(KafkaConsumer<?, ?>... members) {
    for (var member : members) member.subscribe(List.of(TOPIC));
    var shares = untilEven(members);
    for (var member : members) member.close();
    return shares;
  }

  static List<Integer> untilEven(KafkaConsumer<?, ?>... members) {
    int each = 4 / members.length;
    List<Integer> shares = List.of();
    for (int attempt = 0; attempt < 600 && !(shares.size() > 0 && shares.stream().allMatch(share -> share == each)); attempt++) {
      for (var member : members) member.poll(Duration.ofMillis(50));
      shares = Stream.of(members).map(member -> member.assignment().size()).toList();
    }
    return shares;
  }

  /** A group goes from one protocol to the other and back while it has members, and keeps what it has committed. */
  static void migrate() throws Exception {
    String group = "java-migrating";
    var partition = new TopicPartition(TOPIC, 0);
    var classic = consumer(group);
    classic.subscribe(List.of(TOPIC));
    tell("migrating, classic", untilEven(classic));
    classic.commitSync(Map.of(partition, new OffsetAndMetadata(11)));
    var modern = consumerOf("consumer", group);
    modern.subscribe(List.of(TOPIC));
    tell("migrating, of both", untilEven(classic, modern));
    classic.close();
    tell("migrating, consumer", untilEven(modern));
    tell("migrating, committed", modern.committed(Set.of(partition)).get(partition).offset());
    var back = consumer(group);
    back.subscribe(List.of(TOPIC));
    tell("migrating, back", untilEven(modern, back));
    modern.close();
    tell("migrating, classic again", untilEven(back));
    tell("migrating, committed again", back.committed(Set.of(partition)).get(partition).offset());
    back.close();
  }

  static void administerGroups(Admin admin) throws Exception {
    var partition = new TopicPartition(TOPIC, 0);
    tell("groups", admin.listGroups().all().get().stream().map(GroupListing::groupId).filter(each -> each.startsWith("java")).sorted().toList());
    var described = admin.describeClassicGroups(List.of("java")).all().get().get("java");
    tell("group", List.of(described.state(), described.members().size()));
    var asked = Map.of("java", new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(partition)));
    tell("group offsets", admin.listConsumerGroupOffsets(asked).all().get().get("java").get(partition).offset());
    admin.alterConsumerGroupOffsets("java", Map.of(partition, new OffsetAndMetadata(7))).all().get();
    tell("group offsets moved", admin.listConsumerGroupOffsets(asked).all().get().get("java").get(partition).offset());
    tell("group deleted", errorOf(() -> admin.deleteConsumerGroups(List.of("java")).all().get()));
    tell("group deleted again", errorOf(() -> admin.deleteConsumerGroups(List.of("java")).all().get()));
    tell("no such group", errorOf(() -> admin.describeClassicGroups(List.of("nobody")).all().get()));
  }

  /** A producer goes on with a topic that is deleted and made again under it: it learns of the new topic's id. */
  static void makeAgain(Admin admin) throws Exception {
    var topic = new NewTopic("java-again", 1, (short) 3);
    admin.createTopics(List.of(topic)).all().get();
    try (var producer = producer("metadata.max.age.ms", 2_000)) {
      tell("before", List.of(producer.send(new ProducerRecord<>("java-again", "a")).get().offset(),
          producer.send(new ProducerRecord<>("java-again", "b")).get().offset()));
      admin.deleteTopics(List.of("java-again")).all().get();
      until(() -> errorOf(() -> admin.createTopics(List.of(topic)).all().get()), Objects::isNull);
      tell("after", producer.send(new ProducerRecord<>("java-again", "c")).get().offset());
    }
    tell("deleted", errorOf(() -> admin.deleteTopics(List.of(TOPIC)).all().get()));
    tell("deleted again", errorOf(() -> admin.deleteTopics(List.of(TOPIC)).all().get()));
  }

  static void produceLines(String topic) throws Exception {
    try (var producer = producer("acks", "all", "linger.ms", 0)) {
      var lines = new Scanner(System.in, StandardCharsets.UTF_8);
      while (lines.hasNextLine()) {
        String line = lines.nextLine();
        producer.send(new ProducerRecord<>(topic, line), (metadata, error) -> {
          if (error == null) System.out.println(line);
        });
      }
    }
  }

  /** Begins with a new producer whatever has gone wrong, and reads again from the committed offsets. */
  static void transform(String input, String output, String group, String id) throws Exception {
    var ended = new CountDownLatch(1);
    var watcher = new Thread(() -> {
      try {
        while (System.in.read() >= 0) ;
      } catch (java.io.IOException error) {
        // Ended all the same.
      }
      ended.countDown();
    });
    watcher.setDaemon(true);
    watcher.start();
    int transactions = 0;
    try (var consumer = consumer(group, "isolation.level", "read_committed", "max.poll.records", 10)) {
      consumer.subscribe(List.of(input));
      while (ended.getCount() > 0) {
        try (var producer = producer("transactional.id", id, "linger.ms", 0)) {
          producer.initTransactions();
          rewind(consumer);
          while (ended.getCount() > 0) {
            var records = consumer.poll(Duration.ofMillis(100));
            if (records.isEmpty()) continue;
            producer.beginTransaction();
            for (var record : records) producer.send(new ProducerRecord<>(output, record.value()));
            producer.sendOffsetsToTransaction(records.nextOffsets(), consumer.groupMetadata());
            if (++transactions % 4 == 0) {
              producer.abortTransaction();
              // It goes on behind what was aborted otherwise (KAFKA-17582).
              rewind(consumer);
            } else producer.commitTransaction();
          }
        } catch (KafkaException error) {
          System.err.println("begins anew: " + error);
        }
      }
    }
  }

  static void rewind(KafkaConsumer<?, ?> consumer) {
    var committed = consumer.committed(consumer.assignment());
    for (var partition : consumer.assignment()) {
      var offset = committed.get(partition);
      consumer.seek(partition, offset == null ? 0 : offset.offset());
    }
  }
}
