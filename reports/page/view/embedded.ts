/** What the document of a page holds: the data of its run, and the worker's code. */
import { BLOCKS, type PageData } from '../page-data.ts';

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

/** The worker's script, as an address that it can be started from. Rejects with BrokenPage if it does not unpack. */
export async function workerAddress(): Promise<string> {
  const packed = document.getElementById(BLOCKS.worker)?.textContent ?? '';
  try {
    const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    const script = await new Response(stream).blob();
    return URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  } catch {
    throw new BrokenPage("The simulator in this file can't be unpacked: the file is not whole, or was changed.");
  }
}
