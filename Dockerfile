# The steps are those of tools/build.
FROM debian:12 AS build
COPY . /src
WORKDIR /src
RUN tools/build release pawld pawlctl && strip build/bin/pawld build/bin/pawlctl

FROM debian:12-slim
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
        libargon2-1 libboost-json1.81.0 libboost-url1.81.0 libseccomp2 libqrcodegencpp1 libsodium23 libssl3 liburcu8 libutf8proc2 \
    && rm -rf /var/lib/apt/lists/* && useradd --system --home-dir /var/lib/pawl pawl \
    && install -d -m 0700 -o pawl -g pawl /var/lib/pawl
COPY --from=build /src/build/bin/pawld /src/build/bin/pawlctl /usr/local/bin/
USER pawl
VOLUME /var/lib/pawl
EXPOSE 8080
# Options are variables, so that arguments add to them. PAWL_ISSUER, the URL that clients see, is yours to say.
ENV PAWL_LISTEN=0.0.0.0:8080 PAWL_DATA_DIR=/var/lib/pawl
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/usr/local/bin/pawlctl", "health", "--quiet"]
ENTRYPOINT ["/usr/local/bin/pawld"]
