"""What the benchmark does: jobs, streams, and how much of a stream a block has."""

from dataclasses import dataclass

JSON_TO_CSV = "JSON→CSV"
TO_NDJSON = "message→NDJSON"
JSON_TO_PARQUET = "JSON→Parquet"
TO_PARQUET = "message→Parquet"
TO_RAW = "message→raw"
JSON_JOBS = (JSON_TO_CSV, JSON_TO_PARQUET)
FIELDS = "/id:integer,/key,/price:number,/ok:flag,/text"


@dataclass(frozen=True)
class Stream:
    name: str
    messages: int
    bytes: int
    keys: int


@dataclass(frozen=True)
class Case:
    job: str
    compression: str  # of the block; with Parquet of its pages
    stream: Stream
    block: int = 0  # messages that end a block and are acked together; 0: all of them
    delivery: str = "shared"
    store: str = "file"
    block_bytes: str = ""  # that end a block, as --max-bytes takes them

    @property
    def title(self):
        size = f"{self.stream.bytes} B" if self.stream.bytes < 1024 else f"{self.stream.bytes // 1024} KiB"
        keys = "1 key" if self.stream.keys == 1 else f"{self.stream.keys:,} keys"
        blocks = f"blocks of {self.block_bytes or format(self.block, ',')}" if self.block_bytes or self.block else "acked at the end"
        more = [word for word, usual in ((self.delivery, "shared"), (self.store, "file")) if word != usual]
        return ", ".join([f"{self.job} {self.compression}", size, keys, blocks] + more)


def all_cases(quick, codecs, has_parquet, has_s3):
    many = 200_000 if quick else 1_000_000
    ten = Stream("TEN", many, 200, 10)
    one = Stream("ONE", many, 200, 1)
    crowd = Stream("CROWD", many, 200, 10_000)
    small = Stream("SMALL", many, 100, 10)
    kib = Stream("KIB", many // 3, 1024, 10)
    large = Stream("LARGE", 3_000 if quick else 15_000, 65536, 10)
    result = []
    for job in (JSON_TO_CSV, TO_NDJSON):
        result += [Case(job, codec, ten) for codec in codecs]
        result += [Case(job, "none", stream) for stream in (small, kib, large, one, crowd)]
        result.append(Case(job, "none", one, 100_000))
        result.append(Case(job, "none", ten, 100_000))
        result += [Case(job, codec, ten, block, "ordered") for codec in codecs for block in (0, 100_000)]
    if has_parquet:
        result += [Case(job, "zstd", ten, 0, delivery) for job in (TO_PARQUET, JSON_TO_PARQUET) for delivery in ("shared", "ordered")]
    if has_s3:
        result += [Case(TO_NDJSON, "none", stream, 0, delivery, "s3", "64MiB") for stream in (one, kib) for delivery in ("shared", "ordered")]
    return result
