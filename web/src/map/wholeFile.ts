// A map file that is loaded whole before its first tile is drawn: no request tells the server where one looks.
import type { RangeResponse, Source } from "pmtiles";

export class WholeFile implements Source {
  private bytes: Promise<ArrayBuffer> | undefined;

  constructor(private readonly address: string) {}

  getKey = (): string => this.address;

  getBytes = async (offset: number, length: number): Promise<RangeResponse> => {
    this.bytes ??= fetch(this.address).then((answer) => answer.arrayBuffer());
    return { data: (await this.bytes).slice(offset, offset + length) };
  };
}
