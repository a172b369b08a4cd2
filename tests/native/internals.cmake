find_package(Threads REQUIRED)
include(GoogleTest)

# Tests that reach behind the C ABI. A new memory_ANYTHING_test.cpp needs no line here.
foreach(family linalg memory select)
  file(GLOB sources CONFIGURE_DEPENDS ${family}_*_test.cpp)
  add_executable(fm_${family}_test ${sources})
  target_include_directories(fm_${family}_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(fm_${family}_test PRIVATE fastmerge_internal GTest::gtest_main Threads::Threads)
  gtest_discover_tests(fm_${family}_test DISCOVERY_TIMEOUT 60)
endforeach()

# The header is C99, and the library exports what the header declares and nothing else.
enable_language(C)
add_executable(fm_header_c99 memory_header_c99.c)
set_target_properties(fm_header_c99 PROPERTIES C_STANDARD 99 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
target_compile_options(fm_header_c99 PRIVATE -pedantic -Wstrict-prototypes)
target_link_libraries(fm_header_c99 PRIVATE fastmerge_native)
add_test(NAME header_is_c99 COMMAND fm_header_c99)
add_test(NAME exports_are_the_header COMMAND ${CMAKE_COMMAND}
  -DLIBRARY=$<TARGET_FILE:fastmerge_native> -DHEADERS=${CMAKE_SOURCE_DIR}/native/include
  -DNM=${CMAKE_NM} -P ${CMAKE_CURRENT_SOURCE_DIR}/memory_exports.cmake)
