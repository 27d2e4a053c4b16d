import type { Argument, CallExpr, DictExpr, ImportStatement, Span } from './types';

type Movable<T> = { -readonly [key in keyof T]: T[key] };

/** Moves what has a place in the text, by so many characters. */
export function moveSpan(span: Movable<Span>, by: number): void {
  span.from += by;
  span.to += by;
}

/** Moves the parentheses and commas of a call; its place and those of its parts move by themselves. */
export function moveCall(call: Movable<CallExpr>, by: number): void {
  call.open += by;
  call.close += by;
  moveCommas(call.args, by);
}

/** Moves the commas of a dict. */
export function moveDict({ entries }: DictExpr, by: number): void {
  moveCommas(entries, by);
}

/** Moves the commas of an import. */
export function moveImport({ names }: ImportStatement, by: number): void {
  moveCommas(names, by);
}

function moveCommas(items: readonly Movable<Pick<Argument, 'commaEnd'>>[], by: number): void {
  for (const item of items) if (item.commaEnd !== null) item.commaEnd += by;
}
