/** A canvas with the page's time axis: drawn anew when what it shows changes, dragged to scrub, turned at the wheel to zoom. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { GUTTER, type Stage, stageOf, type TimeWindow, usOf } from '../draw/stage.ts';
import { type Theme, themeOf } from '../draw/theme.ts';

export interface TimeCanvasProps {
  readonly label: string;
  readonly height: number;
  readonly window: TimeWindow;
  readonly draw: (stage: Stage) => void;
  /** Changes when colours do. */
  readonly themeKey: string;
  readonly onScrub: (us: number) => void;
  /** At the wheel: by which factor the window shrinks or grows, around which time. */
  readonly onZoom: (factor: number, aroundUs: number) => void;
  readonly onPan: (byUs: number) => void;
  /** A press that is no drag. True: it was taken, and does not scrub. */
  readonly onPress?: (stage: Stage, x: number, y: number) => boolean;
}

const ZOOM_STEP = 1.2;

export function TimeCanvas(props: TimeCanvasProps) {
  const { label, height, window, draw, themeKey } = props;
  const ref = useRef<HTMLCanvasElement>(null);
  const stage = useRef<Stage | null>(null);
  const latest = useRef(props);
  latest.current = props;

  useLayoutEffect(() => {
    const canvas = ref.current;
    if (canvas === null) return;
    const paint = (): void => {
      const theme: Theme = themeOf(canvas);
      stage.current = stageOf(canvas, theme, latest.current.window, latest.current.height);
      if (stage.current !== null) latest.current.draw(stage.current);
    };
    paint();
    const observer = new ResizeObserver(paint);
    observer.observe(canvas);
    return () => observer.disconnect();
  }, [height, window, draw, themeKey]);

  // Not passive, so that the page does not scroll while it zooms.
  useEffect(() => {
    const canvas = ref.current;
    if (canvas === null) return;
    const onWheel = (event: WheelEvent): void => {
      const { window: shown, onZoom, onPan } = latest.current;
      const span = shown.toUs - shown.fromUs;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        onPan(((event.deltaX || event.deltaY) / 800) * span);
      } else if (event.ctrlKey || event.metaKey || event.altKey) {
        onZoom(event.deltaY > 0 ? ZOOM_STEP : 1 / ZOOM_STEP, usOf({ width: canvas.clientWidth, window: shown }, event.offsetX));
      } else return;
      event.preventDefault();
    };
    canvas.addEventListener('wheel', onWheel, { passive: false });
    return () => canvas.removeEventListener('wheel', onWheel);
  }, []);

  const scrubTo = (event: PointerEvent): void => {
    const canvas = ref.current;
    if (canvas === null || event.offsetX < GUTTER) return;
    const { window: shown, onScrub } = latest.current;
    onScrub(Math.max(shown.fromUs, Math.min(shown.toUs, usOf({ width: canvas.clientWidth, window: shown }, event.offsetX))));
  };

  return (
    <canvas
      ref={ref}
      class="time-canvas"
      role="img"
      aria-label={label}
      style={{ height: `${height}px` }}
      onPointerDown={(event) => {
        const taken = stage.current !== null && props.onPress?.(stage.current, event.offsetX, event.offsetY) === true;
        if (taken) return;
        ref.current?.setPointerCapture(event.pointerId);
        scrubTo(event);
      }}
      onPointerMove={(event) => {
        if (event.buttons === 1 && ref.current?.hasPointerCapture(event.pointerId) === true) scrubTo(event);
      }}
    />
  );
}
