// What the package exports, read from its own types: every function, constructor and method of every entry, with what each
// parameter may hold. So whoever tests "all of it" needs no list, and what is new is in it.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Node } from "typescript/unstable/ast";
import {
  API,
  type Checker,
  type Signature,
  type Symbol as TsSymbol,
  type Type,
} from "typescript/unstable/sync";

/** What a value may be, as far as one can be made up. */
export type Shape =
  | { is: "text" | "number" | "flag" | "any" }
  | { is: "one"; value: unknown }
  /** A class of the platform, such as `AbortSignal`. */
  | { is: "platform"; name: string }
  | { is: "list"; of: Shape }
  | { is: "either"; of: Shape[] }
  | { is: "function"; gives: Shape; later: boolean }
  | { is: "object"; name: string; fields: Field[] };

export interface Field {
  name: string;
  optional: boolean;
  shape: Shape;
}

/** Something that can be called. */
export interface Callable {
  /** Such as `vodlift/handler`. */
  entry: string;
  /** Such as `Vodlift.upload`; what a function gives is `startEmulator().close`. */
  name: string;
  how: "function" | "constructor" | "static" | "method" | "of result" | "result";
  parameters: Field[];
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The entries, and the source of each. */
export const ENTRIES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(
    JSON.parse(readFileSync(`${root}pkg/package.json`, "utf8")).exports as Record<string, unknown>,
  ).flatMap(([path, to]) => {
    const { types } = (typeof to === "object" && to !== null ? to : {}) as { types?: string };
    const source = types?.replace(/^\.\/dist\/(.*)\.d\.ts$/, "pkg/src/$1.ts");
    // A module of bytes has nothing to call.
    if (source === undefined || path.endsWith(".wasm")) return [];
    return [[path.replace(/^\./, "vodlift"), `${root}${source}`]];
  }),
);

// Of TypeScript's own numbers, which it exports to nobody.
const TYPE = {
  text: 32 | 1024 | 4194304,
  number: 64 | 2048,
  flag: 256 | 8192,
  literal: 1024 | 2048 | 8192,
  nothing: 4 | 8 | 16,
  union: 134217728,
  object: 1048576,
  intersection: 268435456,
  parameter: 524288,
};
const SYMBOL = { value: 111551, alias: 2097152, class: 32, optional: 16777216, hidden: /^__#/ };
const CALL = 0;
const CONSTRUCT = 1;
/** How deep the fields of fields are followed. */
const DEPTH = 4;

export function publicApi(): Callable[] {
  const api = new API({ cwd: root });
  try {
    const [project] = api.updateSnapshot({ openProjects: [`${root}tsconfig.json`] }).getProjects();
    if (project === undefined) throw new Error("there is no project");
    const reader = new Reader(project.checker);
    const all = Object.entries(ENTRIES).flatMap(([entry, path]) => {
      const file = project.program.getSourceFile(path);
      const module = file && project.checker.getSymbolAtLocation(file);
      if (module === undefined) throw new Error(`${path} is no module`);
      return reader.module(entry, module);
    });
    // Of several signatures the last takes the most.
    return [...new Map(all.map((one) => [`${one.entry} ${one.name} ${one.how}`, one])).values()];
  } finally {
    api.close();
  }
}

class Reader {
  readonly #checker: Checker;

  constructor(checker: Checker) {
    this.#checker = checker;
  }

  module(entry: string, module: TsSymbol): Callable[] {
    return this.#checker.getExportsOfModule(module).flatMap((exported) => {
      const symbol =
        exported.flags & SYMBOL.alias ? this.#checker.getAliasedSymbol(exported) : exported;
      if (!(symbol.flags & SYMBOL.value)) return [];
      const found = this.#of(exported.name, symbol);
      return found.map((one) => ({ entry, ...one }));
    });
  }

  #of(name: string, symbol: TsSymbol): Omit<Callable, "entry">[] {
    const type = this.#typeOf(symbol);
    if (symbol.flags & SYMBOL.class) return this.#ofClass(name, type);
    const calls = this.#calls(type);
    if (calls.length > 0) return calls.flatMap((one) => this.#ofFunction(name, "function", one));
    // An object of functions.
    return this.#checker
      .getPropertiesOfType(type)
      .flatMap((member) =>
        this.#isDeclaredHere(member) && !isHidden(member.valueDeclaration)
          ? this.#calls(this.#typeOf(member)).flatMap((one) =>
              this.#ofFunction(`${name}.${member.name}`, "static", one),
            )
          : [],
      );
  }

  /** A function, and what it gives. */
  #ofFunction(
    name: string,
    how: "function" | "static",
    signature: Signature,
  ): Omit<Callable, "entry">[] {
    const parameters = this.#parameters(signature);
    const result = this.#settled(this.#checker.getReturnTypeOfSignature(signature));
    const given = this.#isOurs(result) ? this.#methods(`${name}()`, result, "of result") : [];
    const further = this.#calls(result).map((one) => ({
      name: `${name}()`,
      how: "result" as const,
      parameters: this.#parameters(one),
    }));
    return [{ name, how, parameters }, ...given, ...further];
  }

  #ofClass(name: string, type: Type): Omit<Callable, "entry">[] {
    const [maker] = this.#checker.getSignaturesOfType(type, CONSTRUCT);
    const instance = maker && this.#checker.getReturnTypeOfSignature(maker);
    const makers = maker === undefined || isHidden(maker.declaration) ? [] : [maker];
    return [
      ...makers.map((one) => ({
        name,
        how: "constructor" as const,
        parameters: this.#parameters(one),
      })),
      ...this.#methods(name, type, "static").filter((one) => !one.name.endsWith(".prototype")),
      ...(instance ? this.#methods(name, instance, "method") : []),
    ];
  }

  #methods(of: string, type: Type, how: Callable["how"]): Omit<Callable, "entry">[] {
    return this.#checker.getPropertiesOfType(type).flatMap((member) => {
      if (SYMBOL.hidden.test(member.name) || !this.#isDeclaredHere(member)) return [];
      if (isHidden(member.valueDeclaration)) return [];
      return this.#calls(this.#typeOf(member)).map((signature) => ({
        name: `${of}.${member.name}`,
        how,
        parameters: this.#parameters(signature),
      }));
    });
  }

  #calls(type: Type | undefined): readonly Signature[] {
    return type === undefined ? [] : this.#checker.getSignaturesOfType(type, CALL);
  }

  #parameters(signature: Signature): Field[] {
    return signature.getParameters().map((symbol) => this.#field(symbol, DEPTH, []));
  }

  #field(symbol: TsSymbol, depth: number, within: readonly number[]): Field {
    const type = this.#typeOf(symbol);
    const told = type.isUnionType() ? type.getTypes() : [type];
    const optional =
      Boolean(symbol.flags & SYMBOL.optional) || told.some(({ flags }) => flags & TYPE.nothing);
    return { name: symbol.name, optional: optional, shape: this.#shape(type, depth, within) };
  }

  #shape(type: Type, depth: number, within: readonly number[]): Shape {
    const { flags } = type;
    if (type.isUnionType()) {
      const some = type.getTypes().filter((one) => !(one.flags & TYPE.nothing));
      if (some.every((one) => one.flags & TYPE.flag)) return { is: "flag" };
      return { is: "either", of: some.map((one) => this.#shape(one, depth, within)) };
    }
    if (flags & TYPE.literal && type.isLiteralType()) return { is: "one", value: type.value };
    if (flags & TYPE.text) return { is: "text" };
    if (flags & TYPE.number) return { is: "number" };
    if (flags & TYPE.flag) return { is: "flag" };
    if (flags & TYPE.parameter) {
      const base = this.#checker.getBaseConstraintOfType(type);
      return base === undefined || base.id === type.id
        ? { is: "any" }
        : this.#shape(base, depth, within);
    }
    if (!(flags & (TYPE.object | TYPE.intersection)) || depth === 0 || within.includes(type.id)) {
      return { is: "any" };
    }
    return this.#ofObject(type, depth, [...within, type.id]);
  }

  #ofObject(type: Type, depth: number, within: readonly number[]): Shape {
    if (this.#checker.isArrayLikeType(type)) {
      const [of] = this.#checker.getIndexInfosOfType(type);
      const item = of?.valueType;
      return { is: "list", of: item ? this.#shape(item, depth - 1, within) : { is: "any" } };
    }
    const [call] = this.#calls(type);
    if (call !== undefined) {
      const result = this.#checker.getReturnTypeOfSignature(call);
      const settled = this.#settled(result);
      return {
        is: "function",
        gives: settled ? this.#shape(settled, depth - 1, within) : { is: "any" },
        later: result?.id !== settled?.id,
      };
    }
    const name = (type.getAliasSymbol() ?? type.getSymbol())?.name ?? "";
    const members = this.#checker.getPropertiesOfType(type);
    // What is the platform's own, such as the options of a server, goes to the platform.
    const ours = members.filter(
      (one) =>
        !SYMBOL.hidden.test(one.name) &&
        this.#isDeclaredHere(one) &&
        !isHidden(one.valueDeclaration),
    );
    const fields = ours.map((member) => this.#field(member, depth - 1, within));
    if (fields.length > 0 || name === "__type") return { is: "object", name, fields };
    const indexes = this.#checker.getIndexInfosOfType(type);
    const named = indexes.find(({ keyType }) => keyType.flags & TYPE.text);
    if (named === undefined) {
      return this.#isOurs(type) ? { is: "object", name, fields } : { is: "platform", name };
    }
    const item = this.#shape(named.valueType, depth - 1, within);
    return { is: "object", name, fields: [{ name: "any", optional: true, shape: item }] };
  }

  #typeOf(symbol: TsSymbol): Type {
    return this.#checker.getTypeOfSymbol(symbol) ?? this.#checker.getUnknownType();
  }

  /** What a promise gives. */
  #settled(type: Type | undefined): Type | undefined {
    const types = type?.isUnionType() ? type.getTypes() : [type];
    const promise = types.find((one) => one?.getSymbol()?.name === "Promise");
    if (promise === undefined || !promise.isTypeReference()) return type;
    return this.#checker.getTypeArguments(promise)[0];
  }

  #isOurs(type: Type | undefined): type is Type {
    const symbol = type?.getAliasSymbol() ?? type?.getSymbol();
    return symbol !== undefined && this.#isDeclaredHere(symbol);
  }

  #isDeclaredHere(symbol: TsSymbol): boolean {
    const { declarations } = symbol as unknown as { declarations?: readonly { path: string }[] };
    // A member of a mapped type is declared where it comes from.
    return (declarations ?? []).some(({ path }) => path.includes("/pkg/src/"));
  }
}

/** What is written for the package alone. */
function isHidden(declaration: { resolve(): Node | undefined } | undefined): boolean {
  const node = declaration?.resolve();
  const text = node?.getSourceFile().text.slice(node.pos, node.end) ?? "";
  return /@internal\b|^\s*private\s/m.test(text.slice(0, text.indexOf("{")));
}
