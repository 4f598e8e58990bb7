# Release builds carry what Debian's hardening and glibc offer; asserts stay on (no NDEBUG): a broken invariant stops the
# process before it reaches the disk.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1" CACHE STRING "" FORCE)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    add_compile_definitions(_GLIBCXX_ASSERTIONS _FORTIFY_SOURCE=3)
    set(pawl_branches -fcf-protection)
    if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
        set(pawl_branches -mbranch-protection=standard)
    endif()
    add_compile_options(-fstack-protector-strong -fstack-clash-protection ${pawl_branches} -fPIE)
    # The same bytes from every directory: ccache names sources by ../ itself. tools/package check proves it.
    if(NOT PAWL_CCACHE)
        add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=..)
    endif()
    add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -Wl,--compress-debug-sections=zlib)
endif()
