import test from 'ava';
import { Narrator, performTranscript, type Stage } from './transcript.ts';

/** A clock that is told to go on, and tells the time. */
function clock(): Stage {
  const narrator = new Narrator();
  let nowMs = 0;
  return {
    acts: [
      [/^run (\d+) ms$/, (ms) => narrator.tell((nowMs += Number(ms)), 'clock', 'ticks')],
      [
        /^(?:break|fail)( loudly)?$/,
        (how) => {
          throw new Error(how === '' ? 'it broke' : 'it broke loudly');
        },
      ],
      [/^wait$/, () => undefined],
    ],
    takeLines: () => narrator.take(),
  };
}

test('what is told stands under its act; comments, acts and empty lines stay, what stood there before goes', (t) => {
  const text = [
    '# Time goes on.',
    '',
    'run 5 ms',
    '    0.001 s  clock  was wrong',
    '  and more of it',
    'wait',
    '  nothing',
    'run 1500 ms',
    '',
  ];
  const told = [
    '# Time goes on.',
    '',
    'run 5 ms',
    '    0.005 s  clock  ticks',
    'wait',
    'run 1500 ms',
    '    1.505 s  clock  ticks',
    '',
  ];
  t.is(performTranscript(text.join('\n'), clock()), told.join('\n'));
  t.is(performTranscript(told.join('\n'), clock()), told.join('\n'), 'it is its own result');
});

test('a line that is no act, and an act that fails, are named', (t) => {
  t.throws(() => performTranscript('wait\nrun 5 s', clock()), { message: 'line 2, "run 5 s": there is no such act' });
  t.throws(() => performTranscript('break', clock()), { message: 'line 1, "break": it broke' });
  t.throws(() => performTranscript('fail loudly', clock()), { message: 'line 1, "fail loudly": it broke loudly' });
});
