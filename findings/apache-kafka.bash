# What the findings have in common; to be sourced. Gives a temporary folder $WORK, which is removed at the end with all processes
# that were started by `background`; Apache Kafka's jars from Maven Central; and one combined node of it.
# Needs Java 17 or newer, Maven, Python 3.

WORK=$(mktemp -d)
BACKGROUND=()
BROKER=

end() {
  local status=$? process
  trap - EXIT
  for process in $BROKER ${BACKGROUND[@]+"${BACKGROUND[@]}"}; do kill -9 "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  ((status == 0)) || grep -v SLF4J "$WORK/java.err" >&2 || true
  rm -rf "$WORK"
  exit "$status"
}
trap end EXIT
trap 'exit 130' INT TERM

# Ends the script: the behaviour is not what was found.
changed() {
  echo "CHANGED: $*"
  exit 1
}

# free_port: a TCP port that nobody listens at.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# background OUTPUT COMMAND...: runs it with its output in a file; $! is its process.
background() {
  "${@:2}" >"$1" 2>&1 &
  BACKGROUND+=($!)
}

# await SECONDS COMMAND...: waits until the command succeeds; fails when the time is over.
await() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || return 1
    sleep 0.5
  done
}

# fetch_kafka VERSION [ARTIFACT...]: the jars of the broker, and of other artifacts of Apache Kafka, into $WORK/jars.
fetch_kafka() {
  local version=$1 artifact
  shift
  {
    echo '<project><modelVersion>4.0.0</modelVersion>'
    echo '<groupId>finding</groupId><artifactId>finding</artifactId><version>1</version><packaging>pom</packaging><dependencies>'
    for artifact in kafka_2.13 "$@"; do
      echo "<dependency><groupId>org.apache.kafka</groupId><artifactId>$artifact</artifactId><version>$version</version></dependency>"
    done
    echo '</dependencies></project>'
  } >"$WORK/pom.xml"
  mvn -q -B -f "$WORK/pom.xml" dependency:copy-dependencies -DoutputDirectory="$WORK/jars" >"$WORK/mvn.out" 2>&1 || {
    cat "$WORK/mvn.out"
    return 1
  }
  echo "Apache Kafka $version"
}

# kafka_java MAIN|FILE.java ARGUMENT...: a Java program with Kafka's jars.
kafka_java() {
  exec java -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.level=OFF -cp "$WORK/jars/*" "$@" 2>>"$WORK/java.err"
}

# format_broker PORT [ADVERTISED] [OPTION...]: configures and formats a node of both roles that listens at a port and tells clients of
# another one, or of the same if that is empty; the options are those of StorageTool format.
format_broker() {
  PORT=$1
  local controller
  controller=$(free_port)
  cat >"$WORK/server.properties" <<END
node.id=1
process.roles=broker,controller
listeners=PLAINTEXT://127.0.0.1:$PORT,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:${2:-$PORT}
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:$controller
log.dirs=$WORK/data
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
share.coordinator.state.topic.replication.factor=1
transaction.state.log.replication.factor=1
group.initial.rebalance.delay.ms=0
END
  (kafka_java kafka.tools.StorageTool format -c "$WORK/server.properties" -t AAAAAAAAAAAAAAAAAAAAAQ "${@:3}") >/dev/null
}

start_broker() {
  (kafka_java kafka.Kafka "$WORK/server.properties") >>"$WORK/broker.out" 2>&1 &
  BROKER=$!
  await 120 python3 -c "import socket; socket.create_connection(('127.0.0.1', $PORT), 1)"
}

stop_broker() {
  kill "$BROKER"
  wait "$BROKER" || true
  BROKER=
}
