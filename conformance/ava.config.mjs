/** Real clients against a served cluster: `npm run conformance`. */
export default {
  files: ['conformance/**/*.test.ts'],
  extensions: ['ts'],
  concurrency: 1,
  timeout: '5m',
  // librdkafka works in a process's main thread only.
  workerThreads: false,
};
