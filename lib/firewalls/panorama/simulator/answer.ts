import type { ApiAnswer } from '../../../simulators/http.ts';
import { type Element, formatXml, xml, xmlText } from '../xml.ts';

/** A call that the device refuses, in the words and with the code it answers. */
export class Refusal extends Error {
  readonly code: number | undefined;
  readonly httpStatus: number;

  constructor(code: number | undefined, text: string, httpStatus = 200) {
    super(text);
    this.code = code;
    this.httpStatus = httpStatus;
  }
}

export function xmlAnswer(root: Element, status = 200): ApiAnswer {
  return {
    status,
    headers: { 'content-type': 'application/xml; charset=UTF-8' },
    body: formatXml(root),
  };
}

/** `<response status="success" code="N">`; operational commands and key generation carry no code. */
export function success(code: number | undefined, ...content: readonly Element[]): Element {
  return xml('response', { status: 'success', code: code?.toString() }, content);
}

export function said(code: number, text: string): Element {
  return success(code, xmlText('msg', text));
}

export function result(attributes: Record<string, string>, ...content: readonly Element[]): Element {
  return xml('result', attributes, content);
}

/** Errors of credentials stand below `result`, all others in lines. */
export function refused({ code, message, httpStatus }: Refusal): ApiAnswer {
  const attributes = { status: 'error', code: code?.toString() };
  const text =
    code === 403 ? xml('result', {}, [xmlText('msg', message)]) : xml('msg', {}, [xmlText('line', message)]);
  return xmlAnswer(xml('response', attributes, [text]), httpStatus);
}
