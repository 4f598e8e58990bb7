# Everything Pawl is built on, from Debian 12 (tools/build installs it). One imported target each.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
if(PAWL_TESTS)
    find_package(Boost 1.81 REQUIRED COMPONENTS unit_test_framework)
endif()
find_package(OpenSSL 3.0 REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(ARGON2 REQUIRED IMPORTED_TARGET libargon2)
pkg_check_modules(CRYPT REQUIRED IMPORTED_TARGET libcrypt)
pkg_check_modules(URCU REQUIRED IMPORTED_TARGET liburcu-cds liburcu-memb)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(QRCODEGEN REQUIRED IMPORTED_TARGET qrcodegencpp)

# Boost's compiled parts and its definitions, the same for every target.
add_library(pawl_boost INTERFACE)
target_compile_definitions(pawl_boost INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
    BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(pawl_boost INTERFACE Boost::headers Threads::Threads)
