/** What the document of a page holds: the data of its run, and the worker's code. */
import { BLOCKS, type PageData } from '../page-data.ts';
import { type RecordedRun, recordedRun } from '../recorded.ts';

/** The file can't be used; one sentence for people. */
export class BrokenPage extends Error {
  override readonly name = 'BrokenPage';
}

/** Throws BrokenPage if the file was cut off, or is of another version. */
export function readData(): PageData {
  const text = document.getElementById(BLOCKS.data)?.textContent ?? null;
  if (text === null || document.getElementById(BLOCKS.end) === null) {
    throw new BrokenPage('This file is not whole: its end is missing. Copy it again, or write it anew with "npx trial open".');
  }
  let data: Partial<PageData>;
  try {
    data = JSON.parse(text) as Partial<PageData>;
  } catch {
    throw new BrokenPage(
      'The run that this file holds can\'t be read: it is not JSON. Write the page anew with "npx trial open".',
    );
  }
  if (data.formatVersion !== 1 || data.plan === undefined || data.expected === undefined) {
    throw new BrokenPage(
      'This file holds a run in another format than its own code reads. Write the page anew with "npx trial open".',
    );
  }
  return data as PageData;
}

/** The run, as it was recorded. Rejects with BrokenPage if it does not unpack. */
export async function readRecorded(): Promise<RecordedRun> {
  try {
    return recordedRun(await (await unpacked(BLOCKS.recorded)).text());
  } catch {
    throw new BrokenPage("The run in this file can't be unpacked: the file is not whole, or was changed.");
  }
}

/** The worker's script, as an address that it can be started from. Rejects with BrokenPage if it does not unpack. */
export async function workerAddress(): Promise<string> {
  try {
    const script = await unpacked(BLOCKS.worker);
    return URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  } catch {
    throw new BrokenPage("The simulator in this file can't be unpacked: the file is not whole, or was changed.");
  }
}

/** Rejects if it is not what was packed. Read part by part: where a whole response is asked for, Firefox reports its failure a second time, to nobody. */
async function unpacked(block: string): Promise<Blob> {
  const packed = document.getElementById(block)?.textContent ?? '';
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts);
    parts.push(value);
  }
}
