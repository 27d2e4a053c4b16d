import type { TreeCursor } from '@lezer/common';
import { stringValue } from './literals';
import { createScope } from './scopes';
import { isOperand, TreeWalker } from './tree-walker';
import type {
  Argument,
  BinaryExpr,
  CallExpr,
  DictEntry,
  DictExpr,
  Expr,
  NameExpr,
  Scope,
  Span,
} from './types';
import type { StringExpr, SubscriptExpr } from './types';

/** Builds expressions from the tree and collects calls, names and strings on the way. */
export class ExpressionBuilder extends TreeWalker {
  protected expression(c: TreeCursor, scope: Scope): Expr {
    const { from, to } = c;
    switch (c.name) {
      case 'VariableName':
        return this.name(from, to, scope);
      case 'MemberExpression':
        return this.member(c, scope);
      case 'CallExpression':
        return this.callExpression(c, scope);
      case 'String':
        return this.string({ kind: 'string', from, to, value: stringValue(this.slice(c)), children: [] });
      case 'FormatString':
        return this.string({ kind: 'string', from, to, value: null, children: this.children(c, scope) });
      case 'ContinuedString':
        return this.continuedString(c, scope);
      case 'Number':
        return { kind: 'literal', from, to, value: Number(this.slice(c).replace(/_/g, '')) };
      case 'Boolean':
        return { kind: 'literal', from, to, value: this.slice(c) === 'True' };
      case 'None':
        return { kind: 'literal', from, to, value: null };
      case 'ArrayExpression':
        return { kind: 'list', from, to, items: this.children(c, scope) };
      case 'TupleExpression':
        return { kind: 'tuple', from, to, items: this.children(c, scope) };
      case 'SetExpression':
        return { kind: 'set', from, to, items: this.children(c, scope) };
      case 'DictionaryExpression':
        return this.dict(c, scope);
      case 'ParenthesizedExpression': {
        const [inner] = this.children(c, scope);
        return inner ? { kind: 'paren', from, to, inner } : { kind: 'other', from, to, children: [] };
      }
      case 'BinaryExpression':
        return this.binary(c, scope);
      case 'LambdaExpression':
        return this.lambda(c, scope);
      case 'NamedExpression':
        return this.namedExpression(c, scope);
      case 'CapturePattern':
        this.each(c, () => this.target(c, scope));
        return { kind: 'other', from, to, children: [] };
      default:
        if (c.name.endsWith('ComprehensionExpression')) return this.comprehension(c, scope);
        return { kind: 'other', from, to, children: this.children(c, scope) };
    }
  }

  private name(from: number, to: number, scope: Scope): NameExpr {
    const name: NameExpr = { kind: 'name', id: this.text.slice(from, to), scope, from, to };
    const known = this.result.names.get(name.id);
    if (known) known.push(name);
    else this.result.names.set(name.id, [name]);
    return name;
  }

  private string(expr: StringExpr): StringExpr {
    this.result.strings.push(expr);
    return expr;
  }

  private continuedString(c: TreeCursor, scope: Scope): Expr {
    const { from, to } = c;
    const strings = this.result.strings.length;
    const parts = this.children(c, scope).filter((part) => part.kind === 'string');
    this.result.strings.length = strings;
    const values = parts.map((part) => part.value);
    const value = values.includes(null) ? null : values.join('');
    return this.string({ kind: 'string', from, to, value, children: parts.flatMap((part) => part.children) });
  }

  private member(c: TreeCursor, scope: Scope): Expr {
    const { from, to } = c;
    let object = null as Expr | null;
    let property = null as Expr | null;
    const index: Expr[] = [];
    this.each(c, () => {
      if (c.name === '.' || c.name === '[' || c.name === ']' || c.name === ',' || c.name === ':') return;
      if (!object) object = this.expression(c, scope);
      else if (c.name === 'PropertyName') {
        const nameSpan = { from: c.from, to: c.to };
        property = { kind: 'attribute', object, name: this.slice(c), nameSpan, from, to };
      } else index.push(this.expression(c, scope));
    });
    if (property?.kind === 'attribute') {
      this.result.attributes.push(property);
      return property;
    }
    if (!object) return { kind: 'other', from, to, children: [] };
    const subscript: SubscriptExpr = { kind: 'subscript', object, index, from, to };
    this.result.subscripts.push(subscript);
    return subscript;
  }

  private callExpression(c: TreeCursor, scope: Scope): Expr {
    const { from, to } = c;
    const errors = this.result.errors.length;
    let callee = null as Expr | null;
    let call = null as CallExpr | null;
    this.each(c, () => {
      if (c.name === 'ArgList' && callee) call = this.call(c, callee, scope, errors);
      else callee ??= this.expression(c, scope);
    });
    return call ?? { kind: 'other', from, to, children: callee ? [callee] : [] };
  }

  /** A call whose argument list is under the cursor. */
  protected call(c: TreeCursor, callee: Expr, scope: Scope, errorsBefore: number): CallExpr {
    const { from: open, to } = c;
    const index = this.result.calls.length;
    const args = this.args(c, scope);
    const closed = this.text[to - 1] === ')' && to - 1 > open;
    const broken = !closed || this.result.errors.length > errorsBefore;
    const call: CallExpr = {
      kind: 'call',
      callee,
      args,
      open,
      close: to - 1,
      broken,
      scope,
      from: callee.from,
      to,
    };
    this.result.calls.splice(index, 0, call);
    return call;
  }

  protected args(c: TreeCursor, scope: Scope): Argument[] {
    let generator = false as boolean;
    this.peek(c, () => {
      if (c.name === 'for') generator = true;
    });
    if (generator) {
      const { from, to } = c;
      const value = this.comprehension(c, scope);
      return [{ name: null, nameSpan: null, value, star: '', commaEnd: null, from: from + 1, to: to - 1 }];
    }
    const args: (Argument & { commaEnd: number | null })[] = [];
    let star: Argument['star'] = '';
    let start = -1;
    let pending: Span | null = null;
    let nameSpan: Span | null = null;
    const add = (value: Expr) => {
      const name = nameSpan ? this.text.slice(nameSpan.from, nameSpan.to) : null;
      const from = start >= 0 ? start : (nameSpan ?? value).from;
      args.push({ name, nameSpan, value, star, commaEnd: null, from, to: value.to });
      star = '';
      start = -1;
      nameSpan = null;
    };
    const flush = () => {
      if (pending) add(this.name(pending.from, pending.to, scope));
      pending = null;
    };
    this.each(c, () => {
      if (c.name === ',') {
        flush();
        const last = args[args.length - 1];
        if (last?.commaEnd === null) last.commaEnd = c.to;
      } else if (c.name === ')') flush();
      else if (c.name === '(' || c.type.isError) return;
      else if (c.name === '*' || c.name === '**') {
        star = c.name;
        start = c.from;
      } else if (c.name === 'AssignOp') {
        nameSpan = pending;
        pending = null;
      } else if (c.name === 'VariableName' && !nameSpan) {
        flush();
        pending = { from: c.from, to: c.to };
      } else {
        flush();
        add(this.expression(c, scope));
      }
    });
    flush();
    return args;
  }

  private dict(c: TreeCursor, scope: Scope): Expr {
    const { from, to } = c;
    const entries: DictEntry[] = [];
    let key: Expr | null = null;
    let last: Expr | null = null;
    const flush = () => {
      if (last) entries.push({ key, value: last });
      key = last = null;
    };
    this.each(c, () => {
      if (c.name === ',') flush();
      else if (c.name === ':') key = last;
      else if (isOperand(c)) last = this.expression(c, scope);
    });
    flush();
    const dict: DictExpr = { kind: 'dict', from, to, entries };
    this.result.dicts.push(dict);
    return dict;
  }

  private binary(c: TreeCursor, scope: Scope): Expr {
    const { from, to } = c;
    let operator = '';
    const operands: Expr[] = [];
    this.each(c, () => {
      if (isOperand(c)) operands.push(this.expression(c, scope));
      else operator ||= this.slice(c);
    });
    const [left, right] = operands;
    if (!left || !right) return { kind: 'other', from, to, children: operands };
    const binary: BinaryExpr = { kind: 'binary', operator, left, right, from, to };
    if (operator === '>>' || operator === '<<') this.result.shifts.push(binary);
    return binary;
  }

  /** Parameters are bound inside, their defaults and annotations are evaluated outside. */
  protected parameters(c: TreeCursor, scope: Scope, inner: Scope): void {
    let isDefault = false;
    this.each(c, () => {
      if (c.name === 'AssignOp') isDefault = true;
      else if (c.name === ',') isDefault = false;
      else if (c.name === 'VariableName' && !isDefault) {
        this.bindUnknown({ name: this.slice(c), from: c.from, to: c.to }, inner);
      } else if (isOperand(c)) this.expression(c, scope);
    });
  }

  private lambda(c: TreeCursor, scope: Scope): Expr {
    const { from, to } = c;
    const inner = createScope('function', scope);
    const children: Expr[] = [];
    this.each(c, () => {
      if (c.name === 'ParamList') this.parameters(c, scope, inner);
      else if (isOperand(c)) children.push(this.expression(c, inner));
    });
    return { kind: 'other', from, to, children };
  }

  private namedExpression(c: TreeCursor, scope: Scope): Expr {
    const { from, to } = c;
    let at = scope;
    while (at.kind === 'comprehension' && at.parent) at = at.parent;
    const children: Expr[] = [];
    let target = true;
    this.each(c, () => {
      if (c.name === 'AssignOp') target = false;
      else if (target) this.target(c, at);
      else children.push(this.expression(c, scope));
    });
    return { kind: 'other', from, to, children };
  }

  /** The loop variables are bound before the element, which stands in front of them, is read. */
  private comprehension(c: TreeCursor, scope: Scope): Expr {
    const { from, to } = c;
    const inner = createScope('comprehension', scope);
    let binding = false;
    this.peek(c, () => {
      if (c.name === 'for') binding = true;
      else if (c.name === 'in') binding = false;
      else if (binding && c.name !== ',') this.loopTarget(c, inner);
    });
    binding = false;
    const children: Expr[] = [];
    this.each(c, () => {
      if (c.name === 'for') binding = true;
      else if (c.name === 'in') binding = false;
      else if (!binding && isOperand(c)) children.push(this.expression(c, inner));
    });
    return { kind: 'other', from, to, children };
  }
}
