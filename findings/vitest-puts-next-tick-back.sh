#!/usr/bin/env bash
# A module replaces process.nextTick when it is imported, as tools do that watch or trace what a program queues. Its importer finds the
# replacement in place under Node, and under node:test. In a test of Vitest the same import leaves Node's own function: while Vitest asks
# its main process for a module, it holds what process.nextTick was before, and gives it back when the module has been loaded.
# Versions: vitest 5.1.2, Node 24.21.0. First seen: 2026-11-29. Source: withSafeTimers in Vitest's rpc.
# Needs npm.
set -euo pipefail
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

changed() {
  echo "CHANGED: $*"
  exit 1
}

cd "$WORK"
echo '{ "name": "finding", "private": true, "type": "module" }' >package.json
npm install --silent --no-audit --no-fund vitest@5.1.2 node@24.21.0
mkdir -p node_modules/watcher
echo '{ "name": "watcher", "version": "1.0.0", "type": "module", "exports": "./index.js" }' >node_modules/watcher/package.json
cat >node_modules/watcher/index.js <<'END'
const before = process.nextTick;
const watched = (...given) => before.apply(process, given);
process.nextTick = watched;
export const isWatched = () => process.nextTick === watched;
END
cat >say.js <<'END'
import { isWatched } from 'watcher';
export const say = (where) => console.log(`${where}, Node ${process.versions.node}: the replacement is ${isWatched() ? 'there' : 'gone'}`);
END
echo "import { say } from './say.js'; say('plain');" >plain.js
echo "import test from 'node:test'; import { say } from './say.js'; test('it', () => say('node:test'));" >node.js
echo "import { test } from 'vitest'; import { say } from './say.js'; test('it', () => say('vitest'));" >vitest.test.js
npx vitest --version
{
  npx node plain.js
  npx node --test node.js
  npx vitest run vitest.test.js
} >told 2>&1
grep -o '\(plain\|node:test\|vitest\), Node .*' told
grep -q '^plain, .* is there$' told || changed "plain Node"
grep -q 'node:test, .* is there$' told || changed "node:test"
grep -q 'vitest, .* is gone$' told || changed "Vitest leaves the replacement alone"
