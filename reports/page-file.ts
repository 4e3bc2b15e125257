/**
 * A page as one HTML file. It loads nothing from anywhere: its content security policy allows the script and the style whose hashes it
 * names, a worker from a blob, and functions that the codec compiles (`unsafe-eval`); no network, no other script, also not from a
 * record's value.
 */
import { createHash } from 'node:crypto';
import type { ViewCode } from './page-bundle.ts';
import { BLOCKS, type PageData } from './page/page-data.ts';
import { escapeHtml } from './escape-html.ts';

interface PageParts {
  readonly title: string;
  readonly data: PageData;
  readonly view: ViewCode;
  /** What runs it again, as `workerCode` gives it, or the run as `recordedBlock` gives it. */
  readonly run: { readonly worker: string } | { readonly recorded: string };
}

/** esbuild sees to it that neither script nor style holds the end of its own element. */
export function pageFile({ title, data, view, run }: PageParts): string {
  const { script, style } = view;
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}' 'unsafe-eval'`,
    `style-src '${hashOf(style)}'`,
    'worker-src blob:',
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<div id="app"><p class="wait">${escapeHtml(title)}. If nothing else appears here, the file is not whole, or scripts are switched off.</p></div>
<script>${script}</script>
<script type="application/json" id="${BLOCKS.data}">${jsonIn(data)}</script>
<script type="text/plain" id="${'worker' in run ? BLOCKS.worker : BLOCKS.recorded}">${'worker' in run ? run.worker : run.recorded}</script>
<script type="text/plain" id="${BLOCKS.end}"></script>
</body>
</html>
`;
}

/** Nothing in it ends the element that it stands in, or begins a comment there. */
function jsonIn(data: PageData): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
