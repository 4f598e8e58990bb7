# PAWL_SANITIZE=address;undefined or thread: for every target of the build.
set(PAWL_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them, separated by ;")
if(PAWL_SANITIZE)
    list(JOIN PAWL_SANITIZE "," pawl_sanitize_flags)
    add_compile_options(-fsanitize=${pawl_sanitize_flags} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${pawl_sanitize_flags})
    if("thread" IN_LIST PAWL_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        add_compile_options(-Wno-tsan) # Asio's atomic_thread_fence; ours uses none
    endif()
endif()
# PAWL_FUZZ: what the fuzz targets link must count its edges.
if(PAWL_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
