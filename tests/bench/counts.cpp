// One whole request, many times over, for callgrind to count: tests/bench/counts.py runs it and keeps the figures.
//   counts WORK ALGORITHM     (WORK: get, bearer, refresh, form: the same with a form; ALGORITHM: ES256, EdDSA, RS256,
//   HS256)
// Every reply is checked. Under callgrind only the requests after the warm-up are counted.
#include "tests/support/request_world.hpp"

#include <valgrind/callgrind.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

namespace {

using namespace pawl;

constexpr int warm_up = 50, counted = 200;

void require(bool good, const std::string& what) {
    if (!good) {
        throw std::runtime_error(what);
    }
}

task<void> requests(test::request_world& world, std::string work) {
    co_await world.sign_in();
    std::string refresh_token(world.member("refresh_token"));
    std::string request;
    if (work == "get") {
        request = test::request_world::get("/healthz");
    } else if (work == "bearer") {
        request = test::request_world::get("/users/me", world.member("access_token"));
    }
    for (int i = 0; i < warm_up + counted; ++i) {
        if (work == "refresh") {
            request = test::request_world::post("/refresh", R"({"refresh_token":")" + refresh_token + R"("})");
        } else if (work == "form") {
            request = test::request_world::post("/refresh", "refresh_token=" + refresh_token,
                                                "application/x-www-form-urlencoded");
        }
        if (i >= warm_up) {
            CALLGRIND_TOGGLE_COLLECT;
        }
        co_await world.send(request);
        if (i >= warm_up) {
            CALLGRIND_TOGGLE_COLLECT;
        }
        require(world.is_200(), world.answer());
        if (work == "refresh" || work == "form") {
            require(world.member("refresh_token") != refresh_token, "the token did not rotate");
            refresh_token = world.member("refresh_token");
        }
    }
    std::printf("%d requests\n", counted);
}

} // namespace

int main(int argc, char** argv) {
    const auto algorithm = argc == 3 ? jws_algorithm_from_text(argv[2]) : std::nullopt;
    if (!algorithm) {
        std::fprintf(stderr, "counts get|bearer|refresh|form ES256|EdDSA|RS256|HS256\n");
        return 2;
    }
    try {
        test::request_world instance(*algorithm);
        world.run(requests(world, argv[1]));
    } catch (const std::exception& e) {
        std::fprintf(stderr, "counts: %s\n", e.what());
        return 1;
    }
    return 0;
}
