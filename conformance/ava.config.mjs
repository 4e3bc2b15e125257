/** Real clients against a served cluster: `npm run conformance`. */
export default {
  files: ['conformance/**/*.test.ts'],
  extensions: ['ts'],
  // Most of them wait for brokers to be fenced.
  concurrency: 2,
  timeout: '5m',
  // A client that a failed test has left behind would keep its process alive for good.
  require: ['./conformance/testing/end.ts'],
  // librdkafka works in a process's main thread only.
  workerThreads: false,
};
