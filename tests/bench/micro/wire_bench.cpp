// Between bytes and the domain: records of the log, the router, JSON bodies in, responses out.
#include "app/dto/requests.hpp"
#include "app/dto/responses.hpp"
#include "app/http/context.hpp"
#include "app/http/json_body.hpp"
#include "app/http/response.hpp"
#include "app/http/router.hpp"
#include "storage/entity/record_codec.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <string>

namespace {

using namespace pawl;
using namespace pawl::app;

void encode_rotation(benchmark::State& state) {
    storage::record_buffer buffer;
    storage::family_word_record record;
    record.id.bytes.fill(0x5C);
    record.word = family_word().with_generation(7);
    record.use.agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(buffer.encode(record));
    }
}
BENCHMARK(encode_rotation)->Name("record/encode a rotation");

void route_post(benchmark::State& state) {
    const router routes(all_routes(true));
    constexpr std::array<std::string_view, 4> paths{"/refresh", "/users/me", "/login", "/healthz"};
    constexpr std::array<http_method, 4> methods{http_method::post, http_method::get, http_method::post,
                                                 http_method::get};
    std::size_t i = 0;
    for ([[maybe_unused]] auto _ : state) {
        i = (i + 1) % paths.size();
        if (routes.find(methods[i], paths[i]).outcome != route_outcome::found) {
            state.SkipWithError("no such route");
        }
    }
}
BENCHMARK(route_post)->Name("router/find");

void parse_json(benchmark::State& state, const std::string& body) {
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(read_json_object(body));
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(body.size()) * static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK_CAPTURE(parse_json, refresh, R"({"refresh_token":")" + std::string(76, 'x') + R"("})")
    ->Name("json/parse the body of a refresh");
BENCHMARK_CAPTURE(parse_json, sign_up,
                  R"({"email":"user@example.com","password":"correct horse battery","first_name":"Ada","surname":"L"})")
    ->Name("json/parse the body of a sign-up");

issued_tokens some_tokens() {
    return {std::string(420, 'a'), secret_string(std::string(76, 'r')), seconds(600), seconds(1'209'600)};
}

void write_tokens(benchmark::State& state) {
    const issued_tokens tokens = some_tokens();
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(to_json(tokens));
    }
}
BENCHMARK(write_tokens)->Name("json/write a pair of tokens");

void write_response(benchmark::State& state) {
    http_response response;
    response.content_type = "application/json";
    response.body = to_json(some_tokens());
    response.headers.emplace_back("Pawl-Refresh", "rotated");
    const std::string id(32, '7');
    const response_facts facts{"Sun, 22 Nov 2026 10:00:00 GMT", id};
    std::string out;
    for ([[maybe_unused]] auto _ : state) {
        out.clear();
        append_response(out, response, facts);
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(write_response)->Name("response/write");

} // namespace
