import { isWithin, type Measurement, type Unit } from './measure';

const amount = (value: number, unit: Unit): string => {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
};

const times = (value: number): string => `${value.toFixed(2)}x`;

function cells(measurement: Measurement): string[] {
  const { what, ours, yardstick, ratio, spread, budget } = measurement;
  const unit = ours?.unit ?? 'ms';
  const within = isWithin(measurement);
  return [
    what,
    ours ? amount(ours.value, unit) : '',
    yardstick ? `${amount(yardstick.value, unit)} ${yardstick.what}` : '',
    ratio === undefined ? '' : times(ratio),
    spread === undefined ? '' : `±${Math.round(spread * 100)} %`,
    budget ? (budget.of === 'ratio' ? times(budget.limit) : amount(budget.limit, unit)) : '',
    within === undefined ? '' : within ? 'within' : 'OVER',
  ];
}

const HEAD = ['What', 'Ours', 'Yardstick', 'Ratio', 'Spread', 'Budget', ''];
const NUMBERS = new Set([1, 3, 4, 5]);

/** One table of all measurements, its columns aligned. */
export function table(measurements: readonly Measurement[]): string {
  const rows = [HEAD, ...measurements.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return NUMBERS.has(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  const [head = '', ...body] = rows.map(line);
  return [head, '-'.repeat(head.length), ...body].join('\n');
}
