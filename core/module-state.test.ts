/**
 * Nothing in core keeps state of a module that a run could change and another run could see: what a world brings comes through
 * `Environment`. Found in the syntax: a variable of a module that is assigned, or whose object is changed, from inside a function,
 * and a static field that is not readonly.
 */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSync } from '@swc/core';
import test from 'ava';

/** What may stay, and why no run can tell. */
const HARMLESS: Readonly<Record<string, string>> = {
  'config/defaults.ts tables': 'what is made of tables of configs alone, by the table',
  'protocol/batch-decoder.ts reader': 'holds bytes only while one batch is read',
  'protocol/batch-encoder.ts writer': 'a scratch buffer: every batch begins with a reset',
  'protocol/batch-header.ts reader': 'holds bytes only while one header is read',
  'protocol/codec.ts reader': 'holds bytes only while one message is read',
  'protocol/codec.ts writer': 'a scratch buffer: every message begins with a reset',
  'protocol/partition.ts keys': 'texts by what they are put together from: a text is the same text when it is made anew',
  'protocol/reader.ts float64Bytes': 'written before each read, within one call',
  'protocol/strings.ts interned': 'texts by their bytes, compared at each look-up',
  'protocol/strings.ts names': 'empty again when the call ends',
  'protocol/uuid.ts known': 'texts by their bytes, compared at each look-up',
  'protocol/uuid.ts written': 'bytes by their text, compared at each look-up',
  'protocol/writer.ts float64View': 'written before each read, within one call',
  'security/principal-mapping.ts NEXT_RULE': 'its position is set before each use',
};

interface Syntax {
  readonly type: string;
  readonly [field: string]: unknown;
}

const MUTATORS =
  /^(set|setInt8|setInt16|setInt32|setUint8|setUint16|setUint32|setFloat64|add|delete|clear|push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin)$/;
const FUNCTIONS =
  /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|ClassMethod|PrivateMethod|Constructor|MethodProperty|GetterProperty|SetterProperty|ClassProperty|PrivateProperty)$/;

function isSyntax(value: unknown): value is Syntax {
  return typeof value === 'object' && value !== null && typeof (value as Syntax).type === 'string';
}

/** Some parts of the tree have wrappers without a type. */
function childrenOf(node: object): Syntax[] {
  return Object.values(node).flatMap((value: unknown): Syntax[] => {
    if (isSyntax(value)) return [value];
    if (Array.isArray(value)) return value.flatMap((each) => (isSyntax(each) ? [each] : childrenOf(Object(each) as object)));
    return typeof value === 'object' && value !== null ? childrenOf(value) : [];
  });
}

/** The variable that an expression like `a.b[c].d` begins with. */
function rootOf(node: unknown): string | null {
  if (!isSyntax(node)) return null;
  if (node.type === 'Identifier') return node['value'] as string;
  if (node.type === 'MemberExpression') return rootOf(node['object']);
  if (/^Ts(As|NonNull|Satisfies)|^ParenthesisExpression$/.test(node.type)) return rootOf(node['expression']);
  return null;
}

/** Names that a pattern declares. */
function namesOf(pattern: Syntax): string[] {
  if (pattern.type === 'Identifier') return [pattern['value'] as string];
  if (pattern.type === 'AssignmentPattern') return namesOf(pattern['left'] as Syntax);
  if (pattern.type === 'AssignmentPatternProperty') return [(pattern['key'] as Syntax)['value'] as string];
  if (pattern.type === 'KeyValuePatternProperty') return namesOf(pattern['value'] as Syntax);
  return childrenOf(pattern).flatMap(namesOf);
}

/** Names that are declared within a function, its parameters among them, leaving out functions within it. */
function localNames(node: Syntax): string[] {
  const own = node.type === 'VariableDeclarator' ? namesOf(node['id'] as Syntax) : [];
  const parameters = node.type === 'Parameter' ? namesOf(node['pat'] as Syntax) : [];
  return [
    ...own,
    ...parameters,
    ...childrenOf(node)
      .filter(({ type }) => !FUNCTIONS.test(type))
      .flatMap(localNames),
  ];
}

function parametersOf(node: Syntax): string[] {
  const { params } = node as unknown as { params?: readonly Syntax[] };
  return (params ?? []).flatMap((param) => (param.type === 'Parameter' ? [] : namesOf(param)));
}

/** Is it an object of which any method may change something: one of a class of core's own, or a regular expression with a position? */
function changesByItself(init: Syntax): boolean {
  if (init.type === 'RegExpLiteral') return /[gy]/.test(init['flags'] as string);
  if (init.type !== 'NewExpression') return false;
  const name = rootOf(init['callee']);
  if (name !== 'RegExp') return !/^(Map|Set|WeakMap|WeakSet|Array|DataView|Text(De|En)coder|\w+Array)$/.test(String(name));
  const { arguments: given } = init as unknown as { arguments: readonly { readonly expression: Syntax }[] };
  const flags = given[1]?.expression;
  return flags !== undefined && !/^[imsuvd]*$/.test(String(flags['value']));
}

/** The variable that `node` changes; `keepers` are those of which any method may change something. */
function changedBy(node: Syntax, keepers: ReadonlySet<string>): string | null {
  if (node.type === 'AssignmentExpression') return rootOf(node['left']);
  if (node.type === 'UpdateExpression') return rootOf(node['argument']);
  if (node.type === 'UnaryExpression' && node['operator'] === 'delete') return rootOf(node['argument']);
  if (node.type !== 'CallExpression' || !isSyntax(node['callee']) || node['callee'].type !== 'MemberExpression') return null;
  const root = rootOf(node['callee']['object']);
  const method = (node['callee']['property'] as Syntax)['value'];
  if (root !== null && keepers.has(root)) return root;
  return typeof method === 'string' && MUTATORS.test(method) ? root : null;
}

/** Variables of a module's state in a source, and its static fields. */
function stateOf(source: string): string[] {
  const module = parseSync(source, { syntax: 'typescript', target: 'es2024' }) as unknown as { body: readonly Syntax[] };
  const top = module.body.map((item) => (isSyntax(item['declaration']) ? item['declaration'] : item));
  const declarators = top
    .filter(({ type }) => type === 'VariableDeclaration')
    .flatMap((declaration) => declaration['declarations'] as Syntax[]);
  const variables = new Set(declarators.flatMap(({ id }) => namesOf(id as Syntax)));
  const keepers = new Set(
    declarators.filter(({ init }) => isSyntax(init) && changesByItself(init)).flatMap(({ id }) => namesOf(id as Syntax)),
  );
  const found = new Set<string>();
  const visit = (node: Syntax, hidden: ReadonlySet<string>, isInside: boolean): void => {
    const isFunction = FUNCTIONS.test(node.type);
    const names = isFunction ? new Set([...hidden, ...parametersOf(node), ...localNames(node)]) : hidden;
    const changed = isInside || isFunction ? changedBy(node, keepers) : null;
    if (changed !== null && variables.has(changed) && !names.has(changed)) found.add(changed);
    if (node.type === 'ClassProperty' && node['isStatic'] === true && node['readonly'] !== true) found.add('a static field');
    for (const child of childrenOf(node)) visit(child, names, isInside || isFunction);
  };
  for (const item of top) visit(item, new Set(), false);
  return [...found];
}

test('core keeps no state of a module that a run can change', (t) => {
  const home = fileURLToPath(new URL('.', import.meta.url));
  const files = globSync('**/*.ts', { cwd: home }).filter(
    (file) => !/\.test\.ts$|(^|\/)testing\/|^protocol\/messages\//.test(file),
  );
  t.true(files.length > 100);
  const found = files.flatMap((file) => stateOf(readFileSync(`${home}/${file}`, 'utf8')).map((name) => `${file} ${name}`));
  t.deepEqual(found.toSorted(), Object.keys(HARMLESS).toSorted());
});

test('state is found in every form', (t) => {
  t.deepEqual(stateOf('let count = 0; export function next() { return count++; }'), ['count']);
  t.deepEqual(stateOf('let mode = 1; export const set = (to: number) => { mode = to; };'), ['mode']);
  t.deepEqual(
    stateOf('const codecs: { [name: string]: () => void } = {}; function install(n: string) { codecs[n] = () => {}; }'),
    ['codecs'],
  );
  t.deepEqual(stateOf('const seen = new Map(); class A { note(x: object) { seen.set(x, true); } }'), ['seen']);
  t.deepEqual(stateOf('const list: number[] = []; export function add(x: number) { list.push(x); }'), ['list']);
  t.deepEqual(stateOf('class A { static count = 0; }'), ['a static field']);
  t.deepEqual(stateOf('class Pool { take() {} } const pool = new Pool(); function f() { pool.take(); }'), ['pool']);
  t.deepEqual(stateOf('const next = /a/y; function f(text: string) { return next.exec(text); }'), ['next']);
});

test('what is made while the module loads, or hidden by a name of its own, is no state', (t) => {
  t.deepEqual(
    stateOf('const byName = new Map(); for (const x of [1]) byName.set(x, x); function f() { return byName.get(1); }'),
    [],
  );
  t.deepEqual(stateOf('const known = [1]; function f(known: number[]) { known.push(2); }'), []);
  t.deepEqual(stateOf('const known = [1]; function f() { const known = [2]; known[0] = 3; return known; }'), []);
  t.deepEqual(stateOf('class A { static readonly LIMIT = 3; }'), []);
  t.deepEqual(stateOf("const form = new RegExp('a', 'i'); function f(text: string) { return form.exec(text); }"), []);
});
