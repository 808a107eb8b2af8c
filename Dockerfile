# Isolated grading where there is no bubblewrap: on macOS and on Windows.
# How it is used: the page "Teaching with this book", section "In a container".
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap \
    && rm -rf /var/lib/apt/lists/*

# for example --build-arg PIP_OPTIONS="--index-url ..." with the address of PyTorch's CPU builds: gigabytes less
ARG PIP_OPTIONS=""
RUN pip install --no-cache-dir ${PIP_OPTIONS} torch==2.13.0

COPY pyproject.toml README.md LICENSE /source/
COPY unet_edu /source/unet_edu
RUN pip install --no-cache-dir '/source[grade]' && rm -r /source

RUN useradd --create-home grader
USER grader
# the file system may be read-only and the user another one; all that is written goes to /tmp and to the mounted folder
ENV HOME=/tmp MPLCONFIGDIR=/tmp PYTHONDONTWRITEBYTECODE=1
WORKDIR /course
ENTRYPOINT ["unet-edu"]
CMD ["--help"]
