# A warning is an error with the compilers that CI has: what they say is new, and is mended before it lands. Others know
# other warnings, and there they stay warnings.
# -DCMAKE_COMPILE_WARNING_AS_ERROR=OFF turns it off here, too.
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CROSSCOMPILING AND NOT DEFINED CMAKE_COMPILE_WARNING_AS_ERROR
   AND ((CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12
         AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
        OR (CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 19
            AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 20)))
    set(CMAKE_COMPILE_WARNING_AS_ERROR ON)
endif()

# Linked PRIVATE by our own targets only.
add_library(pawl_warnings INTERFACE)
target_compile_options(pawl_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
    -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Wcast-align -Wformat=2 -Wimplicit-fallthrough)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # False reports of gcc 12 in coroutine frames: awaitable's new/delete pair, and `auto [ec, n] = co_await`.
    target_compile_options(pawl_warnings INTERFACE -Wno-mismatched-new-delete -Wno-maybe-uninitialized)
endif()
