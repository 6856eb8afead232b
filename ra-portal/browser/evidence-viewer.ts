/** Shows an applicant's document beside the claim: pictures as they are, PDF pages drawn; enlarged, turned, leafed through. */
import { element, showSentence } from './page.ts';

/** What of pdf.js is used here; it is served as it was published (pages/served-files.ts). */
interface PdfPage {
  readonly getViewport: (wish: { scale: number; rotation: number }) => {
    readonly width: number;
    readonly height: number;
  };
  readonly render: (wish: { canvasContext: CanvasRenderingContext2D; viewport: object }) => {
    readonly promise: Promise<void>;
  };
}
interface PdfDocument {
  readonly numPages: number;
  readonly getPage: (number: number) => Promise<PdfPage>;
}
interface PdfModule {
  readonly GlobalWorkerOptions: { workerSrc: string };
  readonly getDocument: (wish: object) => { readonly promise: Promise<PdfDocument> };
}

interface Shown {
  readonly draw: () => Promise<void>;
  readonly pages: number;
}

/** Served as it was published; a name that the compiler need not know. */
const pdfjs: string = '/modules/pdfjs/build/pdf.min.mjs';
const viewer = element('viewer');
const pane = element('viewer-pane');
const view = { zoom: 1, turn: 0, page: 1 };
let shown: Shown | null = null;

for (const button of viewer.querySelectorAll<HTMLButtonElement>('[data-file]')) {
  button.addEventListener('click', () => void open(button));
}
for (const button of viewer.querySelectorAll<HTMLButtonElement>('[data-tool]')) {
  button.addEventListener('click', () => void use(button.dataset['tool'] ?? ''));
}
const first = viewer.querySelector<HTMLButtonElement>('[data-file]');
if (first !== null) void open(first);

async function open(button: HTMLButtonElement): Promise<void> {
  for (const other of viewer.querySelectorAll('[data-file]'))
    other.setAttribute('aria-pressed', String(other === button));
  Object.assign(view, { zoom: 1, turn: 0, page: 1 });
  showSentence('viewer-failed', '');
  pane.hidden = false;
  const address = button.dataset['file'] ?? '';
  try {
    shown = button.dataset['kind'] === 'pdf' ? await pdfOf(address) : await pictureOf(address);
    await shown.draw();
  } catch {
    shown = null;
    pane.hidden = true;
    showSentence('viewer-failed', viewer.dataset['failed'] ?? '');
  }
  tools().hidden = shown === null;
  showPage();
}

async function use(tool: string): Promise<void> {
  if (shown === null) return;
  const last = shown.pages;
  const changes: Readonly<Record<string, Partial<typeof view>>> = {
    zoomIn: { zoom: Math.min(5, view.zoom * 1.25) },
    zoomOut: { zoom: Math.max(0.25, view.zoom / 1.25) },
    rotate: { turn: (view.turn + 90) % 360 },
    fit: { zoom: 1 },
    previous: { page: Math.max(1, view.page - 1) },
    next: { page: Math.min(last, view.page + 1) },
  };
  Object.assign(view, changes[tool] ?? {});
  await shown.draw();
  showPage();
}

const tools = (): HTMLElement => viewer.querySelector<HTMLElement>('.viewer-tools') ?? viewer;

function showPage(): void {
  const pages = viewer.querySelector<HTMLElement>('.viewer-pages');
  if (pages !== null) pages.hidden = (shown?.pages ?? 1) < 2;
  const text = (viewer.dataset['pages'] ?? '').replace('{page}', String(view.page));
  element('viewer-page').textContent = text.replace('{pages}', String(shown?.pages ?? 1));
}

async function pictureOf(address: string): Promise<Shown> {
  const image = new Image();
  image.alt = '';
  image.src = address;
  await image.decode();
  const canvas = document.createElement('canvas');
  const draw = (): Promise<void> => {
    const isSideways = view.turn % 180 !== 0;
    const [width, height] = [image.naturalWidth, image.naturalHeight];
    const scale = (room() / (isSideways ? height : width)) * view.zoom;
    canvas.width = Math.round((isSideways ? height : width) * scale);
    canvas.height = Math.round((isSideways ? width : height) * scale);
    const ink = canvas.getContext('2d');
    ink?.translate(canvas.width / 2, canvas.height / 2);
    ink?.rotate((view.turn * Math.PI) / 180);
    ink?.scale(scale, scale);
    ink?.drawImage(image, -width / 2, -height / 2);
    return Promise.resolve();
  };
  pane.replaceChildren(canvas);
  return { draw, pages: 1 };
}

async function pdfOf(address: string): Promise<Shown> {
  const library = (await import(pdfjs)) as PdfModule;
  library.GlobalWorkerOptions.workerSrc = '/modules/pdfjs/build/pdf.worker.min.mjs';
  const data = await (await fetch(address)).arrayBuffer();
  const wish = {
    data,
    isEvalSupported: false,
    disableFontFace: true,
    cMapUrl: '/modules/pdfjs/cmaps/',
    cMapPacked: true,
  };
  const pdf = await library.getDocument({ ...wish, standardFontDataUrl: '/modules/pdfjs/standard_fonts/' }).promise;
  const canvas = document.createElement('canvas');
  pane.replaceChildren(canvas);
  const draw = async (): Promise<void> => {
    const page = await pdf.getPage(view.page);
    const whole = page.getViewport({ scale: 1, rotation: view.turn });
    const viewport = page.getViewport({ scale: (room() / whole.width) * view.zoom, rotation: view.turn });
    canvas.width = Math.round(viewport.width);
    canvas.height = Math.round(viewport.height);
    const canvasContext = canvas.getContext('2d');
    if (canvasContext !== null) await page.render({ canvasContext, viewport }).promise;
  };
  return { draw, pages: pdf.numPages };
}

/** The pane's width inside, in pixels. */
const room = (): number => Math.max(200, pane.clientWidth - 2);
