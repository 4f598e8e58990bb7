# Linked PRIVATE by our own targets only. -Werror comes from a preset (CMAKE_COMPILE_WARNING_AS_ERROR).
add_library(pawl_warnings INTERFACE)
target_compile_options(pawl_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
    -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Wcast-align -Wformat=2 -Wimplicit-fallthrough)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # False reports of gcc 12 in coroutine frames: awaitable's new/delete pair, and `auto [ec, n] = co_await`.
    target_compile_options(pawl_warnings INTERFACE -Wno-mismatched-new-delete -Wno-maybe-uninitialized)
endif()
