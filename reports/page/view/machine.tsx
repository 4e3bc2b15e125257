/** A run on the screen: the picture on the left, the story and the rest beside it, one moment for all of them. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { PageData } from '../page-data.ts';
import { momentOfHash } from './model/address.ts';
import { focusOf } from './model/focus.ts';
import { type LineFilter, lineAt, nextLine } from './model/lines.ts';
import { openingUs, openingWindow } from './model/opening.ts';
import { ChangePanel, type Trial } from './parts/change-panel.tsx';
import { EventList } from './parts/event-list.tsx';
import { FramePanel } from './parts/frame-panel.tsx';
import { Header } from './parts/header.tsx';
import { Help } from './parts/help.tsx';
import { NodePanel } from './parts/node-panel.tsx';
import { Picture } from './parts/picture.tsx';
import { StoryPanel } from './parts/story.tsx';
import { Toolbar } from './parts/toolbar.tsx';
import { Tour } from './parts/tour.tsx';
import type { TimeWindow } from './draw/stage.ts';
import { listenForKeys } from './keys.ts';
import { nextTheme, useThemeKey } from './theme-switch.ts';
import type { Session } from './session.ts';

interface MachineProps {
  readonly data: PageData;
  /** Of a run that takes long at first what it has come to so far. */
  readonly session: Session;
  /** Of the worker that runs; null: the page holds the run as it was recorded. */
  readonly address: string | null;
  /** How far it is. */
  readonly simulatedMs: number;
}

const TABS = ['Story', 'Node', 'Frame', 'Change'] as const;
type Tab = (typeof TABS)[number];

/** Zoomed in no further. */
const LEAST_WINDOW_US = 200;

export function Machine({ data, session: original, address, simulatedMs }: MachineProps) {
  /** A changed run that is shown in place of the recorded one. */
  const [chosen, setChosen] = useState<Session | null>(null);
  const session = chosen ?? original;
  const { record } = session;
  const opening = useMemo(() => openingOf(session), [session]);
  const [moment, setMoment] = useState(opening.moment);
  const [window, setWindow] = useState<TimeWindow>(opening.window);
  const [tab, setTab] = useState<Tab>('Story');
  const [selected, setSelected] = useState(opening.process);
  const [frame, setFrame] = useState(-1);
  const [kind, setKind] = useState<string | null>(null);
  const [subjects, setSubjects] = useState<readonly string[]>(opening.subjects);
  const [about, setAbout] = useState<LineFilter>(null);
  const [isFiltered, setIsFiltered] = useState(true);
  const [trials, setTrials] = useState<readonly Trial[]>([]);
  const [isHelp, setIsHelp] = useState(false);
  const [isTour, setIsTour] = useState(false);
  const themeKey = useThemeKey();
  const filter = isFiltered ? about : null;

  useEffect(() => {
    let isWanted = true;
    setAbout(null);
    if (subjects.length === 0) return;
    session.recorder.ask('about', { subjects }).then(
      (found) => isWanted && setAbout(found),
      () => isWanted && setAbout(null),
    );
    return () => {
      isWanted = false;
    };
  }, [session, subjects.join()]);

  const goTo = useCallback(
    (us: number, line = -1): void => {
      const at = Math.max(0, Math.min(record.endUs, us));
      setMoment({ us: at, line: line === -1 ? lineAt(record, at) : line });
      setWindow((shown) => follow(shown, at, record.endUs));
    },
    [record],
  );
  const step = useCallback(
    (direction: 1 | -1): void => {
      const line = nextLine(record, filter, moment.line, direction, kind);
      if (line !== -1) goTo(record.lines.us[line] as number, line);
    },
    [record, filter, moment, kind],
  );
  const zoom = useCallback(
    (factor: number, around = moment.us): void => setWindow((shown) => zoomed(shown, factor, around, record.endUs)),
    [moment, record],
  );
  const pan = useCallback((byUs: number): void => setWindow((shown) => moved(shown, byUs, record.endUs)), [record]);
  const toViolation = useCallback((): void => {
    const violation = record.violations[0];
    if (violation !== undefined) goTo(violation.us, violation.line);
  }, [record]);
  // A run that goes on is shown anew where it has come to, but for what somebody has moved meanwhile.
  const opened = useRef(opening);
  useEffect(() => {
    const before = opened.current;
    const now = openingOf(original);
    opened.current = now;
    if (chosen !== null) return;
    setWindow((shown) => (shown === before.window ? now.window : shown));
    setMoment((shown) => (shown === before.moment ? now.moment : shown));
    setSubjects((shown) => (shown === before.subjects ? now.subjects : shown));
    setSelected((shown) => (shown === before.process ? now.process : shown));
  }, [original]);
  // A link to a moment opens there, as soon as the run has come so far.
  const linked = useRef<number | null>(momentOfHash(location.hash));
  useEffect(() => {
    const onHash = (): void => {
      linked.current = momentOfHash(location.hash);
      toLinked();
    };
    const toLinked = (): void => {
      if (linked.current === null || (!record.isWhole && linked.current > record.endUs)) return;
      goTo(linked.current);
      linked.current = null;
    };
    toLinked();
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, [record]);
  const canAsk = record.isWhole && address !== null;
  const show = (next: Session): void => {
    const from = openingOf(next);
    setChosen(next === original ? null : next);
    setSelected((before) => Math.min(before, next.record.processes.length - 1));
    setFrame(-1);
    setMoment(next.record.violations.length > 0 ? from.moment : { us: moment.us, line: lineAt(next.record, moment.us) });
    setWindow(next.record.violations.length > 0 ? from.window : window);
    if (from.subjects.length > 0) setSubjects(from.subjects);
  };

  useEffect(
    () =>
      listenForKeys({
        step,
        shift: (us) => goTo(moment.us + us),
        page: (direction) => goTo(moment.us + direction * 0.1 * (window.toUs - window.fromUs)),
        ends: (isEnd) => goTo(isEnd ? record.endUs : 0),
        violation: toViolation,
        zoom,
        fit: () => setWindow({ fromUs: 0, toUs: record.endUs }),
        tab: (index) => setTab(TABS[index] ?? 'Story'),
        tour: () => setIsTour(true),
        theme: nextTheme,
        help: () => setIsHelp((before) => !before),
        escape: () => {
          setIsHelp(false);
          setIsTour(false);
        },
      }),
    [step, goTo, zoom, moment, window, record],
  );

  return (
    <>
      <Header
        data={data}
        session={session}
        isOriginal={chosen === null}
        simulatedMs={simulatedMs}
        onViolation={toViolation}
        onTheme={nextTheme}
        onTour={() => setIsTour(true)}
        onHelp={() => setIsHelp(true)}
      />
      <main>
        <div class="left">
          <Toolbar
            record={record}
            us={moment.us}
            kind={kind}
            onKind={setKind}
            onStep={step}
            onShift={(us) => goTo(moment.us + us)}
            onMoment={goTo}
            onZoom={zoom}
            onFit={() => setWindow({ fromUs: 0, toUs: record.endUs })}
          />
          <Picture
            key={`${chosen?.record.traceHash ?? ''} ${record.violations[0]?.us ?? ''}`}
            record={record}
            us={moment.us}
            window={window}
            themeKey={themeKey}
            selected={selected}
            frame={frame}
            focus={opening.focus}
            onScrub={goTo}
            onWindow={setWindow}
            onZoom={zoom}
            onPan={pan}
            onProcess={(process) => {
              setSelected(process);
              setTab('Node');
            }}
            onFrame={(index) => {
              setFrame(index);
              setTab('Frame');
            }}
            onSubjects={setSubjects}
          />
        </div>
        <aside>
          <nav class="tabs" role="tablist">
            {TABS.map((name, index) => (
              <button
                type="button"
                role="tab"
                key={name}
                aria-selected={tab === name}
                title={`${name} (${index + 1})`}
                onClick={() => setTab(name)}
              >
                {name}
              </button>
            ))}
          </nav>
          <div class="panel" role="tabpanel" aria-label={tab}>
            {tab === 'Story' ? <StoryPanel session={session} address={address} us={moment.us} onMoment={goTo} /> : null}
            {tab !== 'Story' && !canAsk ? (
              <p class="note">
                {data.recordedBecause === null
                  ? 'Once the run has ended here.'
                  : `No browser can run this again (${data.recordedBecause}): what the run told is here, but no node can be looked into, and nothing changed. In a terminal it is run by ${data.reproduce}`}
              </p>
            ) : null}
            {tab === 'Node' && canAsk ? (
              <NodePanel session={session} us={moment.us} process={selected} onProcess={setSelected} />
            ) : null}
            {tab === 'Frame' && canAsk ? <FramePanel session={session} frame={frame} onFrame={setFrame} onMoment={goTo} /> : null}
            {original.record.isWhole && address !== null ? (
              <div hidden={tab !== 'Change'}>
                <ChangePanel
                  address={address}
                  original={original}
                  shown={session}
                  trials={trials}
                  onTrials={setTrials}
                  onShow={show}
                />
              </div>
            ) : null}
          </div>
          <EventList
            session={session}
            filter={filter}
            filterName={subjects.join(', ')}
            isFiltered={isFiltered}
            onFilter={setIsFiltered}
            line={moment.line}
            onLine={(line) => goTo(record.lines.us[line] as number, line)}
          />
        </aside>
      </main>
      {isHelp ? <Help onClose={() => setIsHelp(false)} /> : null}
      {isTour ? <Tour onEnd={() => setIsTour(false)} /> : null}
    </>
  );
}

function openingOf({ record }: Session) {
  const violation = record.violations[0];
  const focus = focusOf(record);
  const us = openingUs(record);
  const process = record.processes.findIndex(({ name }) => name === focus.processes[0]);
  return {
    focus,
    window: openingWindow(record),
    moment: { us, line: violation === undefined || violation.line === -1 ? lineAt(record, us) : violation.line },
    process: Math.max(0, process),
    subjects: violation === undefined ? [] : [...(record.story?.subjects ?? [])],
  };
}

/** Moves the window so that a moment is in it. */
function follow(shown: TimeWindow, us: number, endUs: number): TimeWindow {
  if (us >= shown.fromUs && us <= shown.toUs) return shown;
  const span = shown.toUs - shown.fromUs;
  return moved({ fromUs: us - span / 2, toUs: us + span / 2 }, 0, endUs);
}

function moved({ fromUs, toUs }: TimeWindow, byUs: number, endUs: number): TimeWindow {
  const span = Math.min(endUs, toUs - fromUs);
  const from = Math.max(0, Math.min(endUs - span, fromUs + byUs));
  return { fromUs: from, toUs: from + span };
}

function zoomed({ fromUs, toUs }: TimeWindow, factor: number, around: number, endUs: number): TimeWindow {
  const span = Math.max(LEAST_WINDOW_US, Math.min(endUs, (toUs - fromUs) * factor));
  const share = Math.max(0, Math.min(1, (around - fromUs) / (toUs - fromUs)));
  return moved({ fromUs: around - share * span, toUs: around + (1 - share) * span }, 0, endUs);
}
