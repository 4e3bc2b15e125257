/**
 * The names of a file system: what programs see, and what is durable. Model:
 * - Creating, renaming and removing act at once on what programs see, and become durable when the directory is synced (or
 *   the other directory of a rename between two). Syncing a file does not make its name durable: the strictest reading of POSIX.
 * - The journal commits by itself what is older than `commitAfterUs`, so that what was removed does not stay in memory.
 * - Power loss: of the changes to a directory that were not durable, a drawn number of the oldest have happened; each
 *   directory draws its own, and each change is atomic. If a rename between directories is among the changes, one number is drawn for all.
 */
import type { RandomStream } from '../ports/random.ts';
import { DiskError } from '../ports/disk.ts';
import type { Micros } from '../ports/time.ts';
import { FileNode } from './inode.ts';

export class DirectoryNode {
  readonly type = 'directory';
  readonly id: number;
  entries = new Map<string, TreeNode>();
  durable = new Map<string, TreeNode>();
  /** Changes of its names that are not durable, oldest first. */
  readonly pending = new Set<Change>();

  constructor(id: number) {
    this.id = id;
  }
}

export type TreeNode = FileNode | DirectoryNode;

interface Edit {
  readonly directory: DirectoryNode;
  readonly name: string;
  /** null: the name goes. */
  readonly node: TreeNode | null;
}

/** An atomic change of names. */
interface Change {
  readonly at: Micros;
  readonly edits: readonly Edit[];
}

const KNOWN_PATHS = 4096;

export class FileTree {
  readonly #now: () => Micros;
  readonly #commitAfterUs: Micros;
  /** The same few paths come again and again. */
  readonly #segments = new Map<string, readonly string[]>();
  #nextId = 1;
  #root = new DirectoryNode(0);
  /** Changes of names that are not durable, oldest first. */
  readonly #pending = new Set<Change>();

  constructor(now: () => Micros, commitAfterUs: Micros) {
    this.#now = now;
    this.#commitAfterUs = commitAfterUs;
  }

  find(path: string): TreeNode | null {
    let node: TreeNode = this.#root;
    for (const name of this.#segmentsOf(path)) {
      if (node.type !== 'directory') return null;
      const next = node.entries.get(name);
      if (next === undefined) return null;
      node = next;
    }
    return node;
  }

  directory(path: string, operation: string): DirectoryNode {
    const node = this.find(path);
    if (node === null) throw new DiskError('ENOENT', path, operation);
    if (node.type !== 'directory') throw new DiskError('ENOTDIR', path, operation);
    return node;
  }

  createFile(path: string): FileNode {
    const { parent, name } = this.#place(path, 'open');
    const file = new FileNode(this.#nextId++);
    this.#change([{ directory: parent, name, node: file }]);
    return file;
  }

  makeDirectory(path: string): void {
    let parent = this.#root;
    for (const name of this.#segmentsOf(path)) {
      const existing = parent.entries.get(name);
      if (existing?.type === 'file') throw new DiskError('ENOTDIR', path, 'makeDirectory');
      if (existing !== undefined) {
        parent = existing;
        continue;
      }
      const made = new DirectoryNode(this.#nextId++);
      this.#change([{ directory: parent, name, node: made }]);
      parent = made;
    }
  }

  rename(from: string, to: string): void {
    const source = this.#place(from, 'rename');
    const target = this.#place(to, 'rename');
    const node = source.parent.entries.get(source.name);
    if (node === undefined) throw new DiskError('ENOENT', from, 'rename');
    if (source.parent === target.parent && source.name === target.name) return;
    const replaced = target.parent.entries.get(target.name);
    if (replaced?.type === 'directory' && (node.type === 'file' || replaced.entries.size > 0)) {
      throw new DiskError('EEXIST', to, 'rename');
    }
    if (replaced?.type === 'file' && node.type === 'directory') throw new DiskError('ENOTDIR', to, 'rename');
    this.#change([
      { directory: source.parent, name: source.name, node: null },
      { directory: target.parent, name: target.name, node },
    ]);
  }

  /** Removes what is at the path; null if nothing is. */
  remove(path: string): TreeNode | null {
    const node = this.find(path);
    if (node === null) return null;
    const { parent, name } = this.#place(path, 'remove');
    this.#change([{ directory: parent, name, node: null }]);
    return node;
  }

  /** Marks where a sync of a directory began; the function makes durable what was changed in it before. */
  beginSync(directory: DirectoryNode): () => void {
    const covered = [...directory.pending];
    return () => {
      for (const change of covered) if (this.#forget(change)) apply(change);
    };
  }

  /** What is at a path goes at once and for good, names and content (a replaced disk). The root: everything. */
  wipe(path: string): void {
    const names = segments(path);
    if (names.length === 0) {
      this.#root = new DirectoryNode(0);
      this.#pending.clear();
      return;
    }
    if (this.find(path) === null) return;
    const { parent, name } = this.#place(path, 'wipe');
    for (const change of [...parent.pending]) {
      if (change.edits.some((edit) => edit.directory === parent && edit.name === name)) this.#forget(change);
    }
    parent.entries.delete(name);
    parent.durable.delete(name);
  }

  /** All files below a path, sorted by path. */
  files(path: string): { readonly path: string; readonly file: FileNode }[] {
    const found: { path: string; file: FileNode }[] = [];
    const visit = (node: TreeNode, at: string) => {
      if (node.type === 'file') found.push({ path: at, file: node });
      else
        for (const name of [...node.entries.keys()].sort())
          visit(node.entries.get(name) as TreeNode, `${at === '/' ? '' : at}/${name}`);
    };
    const start = this.find(path);
    if (start !== null) visit(start, segments(path).length === 0 ? '/' : `/${segments(path).join('/')}`);
    return found;
  }

  /** What programs see, in nodes of its own, all of it durable. */
  copy(): DirectoryNode {
    return this.#copyOf(this.#root);
  }

  /** The whole tree is another one from now on: a copy of this. */
  replace(root: DirectoryNode): void {
    this.#root = this.#copyOf(root);
    this.#pending.clear();
  }

  #copyOf(directory: DirectoryNode): DirectoryNode {
    const copy = new DirectoryNode(this.#nextId++);
    for (const [name, node] of directory.entries) {
      copy.entries.set(name, node.type === 'directory' ? this.#copyOf(node) : node.copy(this.#nextId++));
    }
    copy.durable = new Map(copy.entries);
    return copy;
  }

  /** `onTorn` hears of each file in which sectors were lost that a sync had left out of what it wrote. */
  losePower(stream: RandomStream, onTorn: (path: string) => void): void {
    this.#commitOld();
    const crossing = [...this.#pending].some(isCrossing);
    const groups = new Map<DirectoryNode | null, Change[]>();
    for (const change of this.#pending) {
      const key = crossing ? null : (change.edits[0] as Edit).directory;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [change]);
      else group.push(change);
    }
    for (const changes of groups.values()) {
      const happened = stream.between(0, changes.length, 'unsynced-names');
      for (const change of changes.slice(0, happened)) apply(change);
    }
    for (const change of [...this.#pending]) this.#forget(change);
    const revert = (directory: DirectoryNode, at: string) => {
      directory.entries = new Map(directory.durable);
      for (const [name, node] of directory.entries) {
        const path = `${at}/${name}`;
        if (node.type === 'directory') revert(node, path);
        else if (node.losePower(stream)) onTorn(path);
      }
    };
    revert(this.#root, '');
  }

  /** Changes of names that are not durable yet. */
  get pendingChanges(): number {
    return this.#pending.size;
  }

  #change(edits: readonly Edit[]): void {
    for (const { directory, name, node } of edits) {
      if (node === null) directory.entries.delete(name);
      else directory.entries.set(name, node);
    }
    this.#commitOld();
    const change: Change = { at: this.#now(), edits };
    this.#pending.add(change);
    for (const { directory } of edits) directory.pending.add(change);
  }

  #commitOld(): void {
    const limit = this.#now() - this.#commitAfterUs;
    for (const change of this.#pending) {
      if (change.at >= limit) return;
      this.#forget(change);
      apply(change);
    }
  }

  /** False if it is durable already, or gone. */
  #forget(change: Change): boolean {
    for (const { directory } of change.edits) directory.pending.delete(change);
    return this.#pending.delete(change);
  }

  #place(path: string, operation: string): { parent: DirectoryNode; name: string } {
    const names = this.#segmentsOf(path);
    const name = names.at(-1);
    if (name === undefined) throw new DiskError('EEXIST', path, operation);
    let parent: TreeNode = this.#root;
    for (let i = 0; i < names.length - 1; i++) {
      const next: TreeNode | undefined = parent.type === 'directory' ? parent.entries.get(names[i] as string) : undefined;
      if (next === undefined) throw new DiskError('ENOENT', parentOf(names), operation);
      parent = next;
    }
    if (parent.type !== 'directory') throw new DiskError('ENOTDIR', parentOf(names), operation);
    return { parent, name };
  }

  #segmentsOf(path: string): readonly string[] {
    const known = this.#segments.get(path);
    if (known !== undefined) return known;
    if (this.#segments.size >= KNOWN_PATHS) this.#segments.clear();
    const made = segments(path);
    this.#segments.set(path, made);
    return made;
  }
}

function isCrossing({ edits: [first, ...others] }: Change): boolean {
  return others.some(({ directory }) => directory !== first?.directory);
}

function apply(change: Change): void {
  for (const { directory, name, node } of change.edits) {
    if (node === null) directory.durable.delete(name);
    else directory.durable.set(name, node);
  }
}

function parentOf(names: readonly string[]): string {
  return `/${names.slice(0, -1).join('/')}`;
}

function segments(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}
