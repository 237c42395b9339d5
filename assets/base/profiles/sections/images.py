"""How images are fetched and stored: the stage's settings of the profile."""

from pydantic import BaseModel, ConfigDict, Field


class ImageConfig(BaseModel):
    """Sizes, limits and politeness of the image stage; defaults are the paper's where it names one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    short_side: int = Field(
        300,
        ge=8,
        le=4096,
        description="Short side of a stored image in pixels; smaller ones are not enlarged.",
    )
    jpeg_quality: int = Field(90, ge=1, le=100, description="JPEG quality of stored images, 1 to 100.")
    part_size: int = Field(512, ge=1, description="Photos in one part: what a kill may cost.")
    max_bytes: int = Field(32 * 2**20, ge=1, description="Largest file that is fetched, in bytes.")
    max_pixels: int = Field(100_000_000, ge=1, description="Largest image that is decoded, in pixels.")

    concurrency: int = Field(32, ge=1, description="Requests under way at once.")
    concurrency_per_host: int = Field(16, ge=1, description="Requests under way at once to one host and port.")
    requests_per_second: float = Field(
        200.0, gt=0, description="Most requests that one host and port gets, per second."
    )
    connect_timeout: float = Field(10.0, gt=0, description="Time allowed for a connection, in seconds.")
    read_timeout: float = Field(20.0, gt=0, description="Time allowed between two pieces of an answer, in seconds.")
    total_timeout: float = Field(60.0, gt=0, description="Time allowed for one request in all, in seconds.")
    max_redirects: int = Field(5, ge=0, description="Redirects followed for one photo.")
    redirect_to_private: bool = Field(
        False, description="Whether a redirect may lead to another host with a private or local address."
    )
    unavailable_sha256: tuple[str, ...] = Field(
        (),
        description="SHA-256 (hexadecimal) of files that stand for a missing photo, such as Flickr's `photo "
        "unavailable` picture where it comes without a redirect. To find them, see which file most photos share "
        "(`SELECT sha256, count(*) FROM images GROUP BY 1 ORDER BY 2 DESC LIMIT 5`) and look at it. "
        "Stored ones become `missing` when their shard is next materialised; none is fetched again.",
    )

    tries: int = Field(3, ge=1, description="Requests for one photo within one run, while it fails transiently.")
    max_attempts: int = Field(9, ge=1, le=10_000, description="Requests for one photo over all runs.")
    retry_wait: float = Field(0.5, ge=0, description="Wait before the second request in seconds, doubled each time.")
    max_wait: float = Field(
        60.0, ge=0, description="Longest wait in seconds; a host that asks for more is left for another run."
    )
    give_up_host_after: int = Field(
        20, ge=1, description="Failed connections in a row after which a host is left for another run."
    )

    decode_workers: int = Field(0, ge=0, description="Decoding processes; 0 for one per core.")
    decode_timeout: float = Field(30.0, gt=0, description="Time allowed for decoding one image, in seconds.")
