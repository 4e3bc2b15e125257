/**
 * Transcripts of the protocols (docs/contributing.md, "A transcript"): each is performed, and what the nodes tell must be what is
 * written. TRIAL_WRITE_TRANSCRIPTS=1 writes it anew; what has changed is then read in the diff.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { GroupStage } from './group/testing/group-stage.ts';
import { RaftStage } from './raft/testing/raft-stage.ts';
import { ReplicationStage } from './replication/testing/replication-stage.ts';
import { performTranscript, type Stage } from './testing/transcript.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ANEW = process.env['TRIAL_WRITE_TRANSCRIPTS'] === '1';

/** Where the transcripts of a folder are performed. */
const STAGES: Readonly<Record<string, () => Stage>> = {
  group: () => new GroupStage(),
  raft: () => new RaftStage(),
  replication: () => new ReplicationStage(),
};

for (const found of globSync('*/transcripts/*', { cwd: HERE }).toSorted()) {
  const path = found.replaceAll('\\', '/');
  test(path, (t) => {
    const stage = STAGES[path.split('/')[0] as string];
    if (stage === undefined || !path.endsWith('.transcript.txt')) return t.fail('nobody performs this');
    const written = readFileSync(`${HERE}/${path}`, 'utf8').replaceAll('\r\n', '\n');
    const told = performTranscript(written, stage());
    if (ANEW) writeFileSync(`${HERE}/${path}`, told);
    else t.is(told, written, 'other things are told than are written; TRIAL_WRITE_TRANSCRIPTS=1 writes them anew');
    t.pass();
  });
}
