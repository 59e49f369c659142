/**
 * Reads the XML a client may send: elements, text, comments, attributes to be ignored. No DTD, no CDATA, no namespaces
 * beyond dropping a prefix: what OSS documents never use is refused, which also leaves nothing to expand or to fetch.
 */

export type XmlElement = { name: string; children: XmlElement[]; text: string };

const NAME = "[A-Za-z_][\\w.:-]*";
const ATTRIBUTE = `\\s+${NAME}\\s*=\\s*(?:"[^"<]*"|'[^'<]*')`;
const TOKEN = new RegExp(
  [
    `<(?<open>${NAME})(?:${ATTRIBUTE})*\\s*(?<empty>/?)>`,
    `</(?<close>${NAME})\\s*>`,
    "<\\?[^<>]*\\?>",
    "<!--(?:(?!--)[^])*-->",
    "(?<text>[^<]+)",
  ].join("|"),
  "y",
);

/** The root element; undefined when the document is not well-formed. */
export function readXml(document: string): XmlElement | undefined {
  const outside: XmlElement = { name: "", children: [], text: "" };
  const open: XmlElement[] = [outside];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < document.length) {
    const groups = TOKEN.exec(document)?.groups;
    const parent = open.at(-1);
    if (!groups || !parent) return undefined;
    if (groups.text !== undefined) {
      const text = decodeText(groups.text);
      if (text === undefined) return undefined;
      parent.text += text;
    } else if (groups.open !== undefined) {
      const element = { name: groups.open, children: [], text: "" };
      parent.children.push(element);
      if (groups.empty === "") open.push(element);
    } else if (groups.close !== undefined) {
      if (open.length < 2 || open.pop()?.name !== groups.close) return undefined;
    }
  }
  const [root, second] = outside.children;
  return open.length === 1 && second === undefined && outside.text.trim() === "" ? root : undefined;
}

/** Text of the child with that name, trimmed; undefined when there is none. */
export function childText(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => localName(child) === name)?.text.trim();
}

/** The name without its namespace prefix. */
export function localName(element: XmlElement): string {
  return element.name.slice(element.name.indexOf(":") + 1);
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** Undefined when a `&` begins nothing known. */
function decodeText(text: string): string | undefined {
  let known = true;
  const decoded = text.replace(
    /&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));|&/g,
    (_, decimal, hex, name) => {
      const value = decimal ? fromCode(decimal, 10) : hex ? fromCode(hex, 16) : ENTITIES[name];
      known &&= value !== undefined;
      return value ?? "";
    },
  );
  return known ? decoded : undefined;
}

function fromCode(digits: string, radix: number): string | undefined {
  const code = Number.parseInt(digits, radix);
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
