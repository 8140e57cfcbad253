# Every target is made here, so that flags and output places live in one file.
#
#   joist_module(disk  SOURCES classify.cc  DEPS base PkgConfig::blkid)
#     -> static library joist_disk
#   joist_program(joistctl  SOURCES main.cc  DEPS ctl)
#     -> build/.../bin/joistctl
#   joist_test(disk_classify  SOURCES classify_test.cc  DEPS disk  LABELS unit)
#     -> executable, registered with ctest under its label
#   joist_fuzz(config  SOURCES config_fuzz.cc  DEPS base)
#     -> executable; a libFuzzer with JOIST_FUZZ, else a test that replays the corpus

add_library(joist_options INTERFACE)
target_compile_features(joist_options INTERFACE cxx_std_20)
target_include_directories(joist_options INTERFACE ${PROJECT_SOURCE_DIR})
# A program needs only the libraries that it calls, whatever its modules link.
target_link_options(joist_options INTERFACE LINKER:--as-needed)
target_compile_options(joist_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -Wimplicit-fallthrough
  -Wno-missing-field-initializers  # designated initialisers leave fields out on purpose
  # g++ 12 takes the operators of Asio's coroutine frames for mismatched once it inlines them.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)

function(_joist_deps target scope)
  foreach(dep IN LISTS ARGN)
    if(TARGET joist_${dep})
      target_link_libraries(${target} ${scope} joist_${dep})
    else()
      target_link_libraries(${target} ${scope} ${dep})
    endif()
  endforeach()
endfunction()

function(joist_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_library(joist_${name} STATIC ${arg_SOURCES})
  target_link_libraries(joist_${name} PUBLIC joist_options)
  _joist_deps(joist_${name} PUBLIC ${arg_DEPS})
endfunction()

function(joist_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE joist_options)
  _joist_deps(${name} PRIVATE ${arg_DEPS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

function(joist_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(${name}_test ${arg_SOURCES})
  target_link_libraries(${name}_test PRIVATE joist_options)
  _joist_deps(${name}_test PRIVATE ${arg_DEPS} GTest::gtest_main)
  target_compile_definitions(${name}_test PRIVATE
    JOIST_FIXTURE_DIR="${PROJECT_SOURCE_DIR}/tests/fixtures"
    JOIST_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    JOIST_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  set_target_properties(${name}_test PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name}_test)
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
    SKIP_RETURN_CODE 77)
endfunction()

add_custom_target(fuzzers)

function(joist_fuzz name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name}_fuzz ${arg_SOURCES})
  target_link_libraries(${name}_fuzz PRIVATE joist_options)
  _joist_deps(${name}_fuzz PRIVATE ${arg_DEPS})
  set_target_properties(${name}_fuzz PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  add_dependencies(fuzzers ${name}_fuzz)
  if(JOIST_FUZZ)
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name}_fuzz PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.cc)
    add_test(NAME fuzz_${name}
      COMMAND ${name}_fuzz ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
    set_tests_properties(fuzz_${name} PROPERTIES LABELS unit TIMEOUT 60)
  endif()
endfunction()
