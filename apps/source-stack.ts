/** Errors of a realm for those who are outside of it: with stacks in the terms of the files that the application is made of. */
import { SourceMap } from 'node:module';
import { types } from 'node:util';
import { HEAD_LINES } from './bundle.ts';

const OWN_FOLDER = new URL('.', import.meta.url).href;

/** An Error of this realm that tells the same, and its causes. `map`: JSON of the bundle's source map. */
export function withSourceStack(thrown: unknown, map: string): unknown {
  const sources = new SourceMap(JSON.parse(map) as ConstructorParameters<typeof SourceMap>[0]);
  const inSources = (place: string, before: string, line: string, column: string): string => {
    const origin = sources.findOrigin(Number(line) - HEAD_LINES, Number(column));
    return 'fileName' in origin ? `${before}${origin.fileName}:${origin.lineNumber}:${origin.columnNumber}` : place;
  };
  const converted = (error: unknown): unknown => {
    if (!types.isNativeError(error)) return error;
    const { cause } = error;
    const made = new Error(error.message, cause === undefined ? {} : { cause: converted(cause) });
    made.name = error.name;
    made.stack = (error.stack ?? String(error))
      .split('\n')
      .filter((line) => !/^\s+at /.test(line) || !(line.includes(OWN_FOLDER) || /node:(async_hooks|internal)/.test(line)))
      .map((line) => line.replace(/([ (])(?:\/|[A-Z]:\\)[^():]*:(\d+):(\d+)/, inSources))
      .join('\n');
    return made;
  };
  return converted(thrown);
}
