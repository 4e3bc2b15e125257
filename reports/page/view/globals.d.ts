/** What the view's compiler has to be told: style sheets are imported for esbuild, and core sets what only V8 has. */

declare module '*.css';

interface ErrorConstructor {
  stackTraceLimit: number;
}
