/** What was told around the moment, line by line. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LineText } from '../../protocol.ts';
import { around, type LineFilter } from '../model/lines.ts';
import type { Session } from '../session.ts';

interface EventListProps {
  readonly session: Session;
  readonly filter: LineFilter;
  readonly filterName: string;
  readonly isFiltered: boolean;
  readonly onFilter: (isFiltered: boolean) => void;
  readonly line: number;
  readonly onLine: (line: number) => void;
}

const BEFORE = 60;
const AFTER = 60;

export function EventList({ session, filter, filterName, isFiltered, onFilter, line, onLine }: EventListProps) {
  const [texts, setTexts] = useState<readonly LineText[]>([]);
  const [opened, setOpened] = useState(-1);
  const current = useRef<HTMLLIElement>(null);
  const list = useRef<HTMLOListElement>(null);

  useEffect(() => {
    let isWanted = true;
    const indexes = around(session.record, filter, line, BEFORE, AFTER);
    session.recorder.ask('lines', { indexes }).then(
      (found) => isWanted && setTexts(found),
      () => isWanted && setTexts([]),
    );
    return () => {
      isWanted = false;
    };
  }, [session, filter, line]);

  useEffect(() => {
    const element = current.current;
    const frame = list.current;
    if (element === null || frame === null) return;
    frame.scrollTop = element.offsetTop - frame.clientHeight * 0.6;
  }, [texts]);

  const now = texts.findLast(({ index }) => index <= line)?.index ?? -1;
  return (
    <section class="events" aria-label="events around the moment">
      <h3>
        Events{' '}
        {filterName === '' ? null : (
          <label>
            <input type="checkbox" checked={isFiltered} onChange={(event) => onFilter(event.currentTarget.checked)} /> only about{' '}
            {filterName}
          </label>
        )}
      </h3>
      <ol ref={list}>
        {texts.map(({ index, text, facts }) => (
          <li key={index} ref={index === now ? current : null} class={lineClass(index, now, line, text)}>
            <button
              type="button"
              class="line"
              aria-current={index === now}
              onClick={() => {
                onLine(index);
                setOpened(opened === index ? -1 : index);
              }}
            >
              <LineParts text={text} />
            </button>
            {opened === index ? (
              <dl class="facts">
                {facts.map(([name, value]) => (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                  </div>
                ))}
              </dl>
            ) : null}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Time, process and what happened, in columns that leave the last one most room. */
function LineParts({ text }: { readonly text: string }) {
  const [, when = '', who = '', what = text] = /^\s*([\d.]+ s) {2}(\S*)\s+([^]*)$/.exec(text) ?? [];
  return (
    <>
      <span class="when">{when}</span>
      <span class="who">{who}</span>
      <span class="what">{what}</span>
    </>
  );
}

function lineClass(index: number, now: number, line: number, text: string): string {
  const when = index === now ? 'now' : index > line ? 'later' : '';
  return `${when}${text.includes('* VIOLATED') ? ' violated' : text.includes(' * fault') ? ' fault' : ''}`;
}
