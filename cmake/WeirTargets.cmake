# What every target of this project has in common.

include(GNUInstallDirs)

option(WEIR_WERROR "Make a compiler warning an error" OFF)
set(WEIR_SANITIZE "" CACHE STRING "Sanitizers for every target, as for -fsanitize=, e.g. address,undefined")

set(WEIR_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  list(APPEND WEIR_WARNINGS -Wreserved-identifier)
endif()
if(WEIR_WERROR)
  set(CMAKE_COMPILE_WARNING_AS_ERROR ON)
endif()

# UBSan's suppressions work only on checks that could go on, so it is UBSAN_OPTIONS that makes a report fatal.
if(WEIR_SANITIZE)
  add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${WEIR_SANITIZE})
  # What g++ adds to each access of a member for these two doubles its time; a null pointer faults all the same.
  if(WEIR_SANITIZE MATCHES undefined AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fno-sanitize=null,alignment)
  endif()
endif()

# libFuzzer is led by what it sees of every branch.
if(WEIR_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(WEIR_CCACHE ccache)
mark_as_advanced(WEIR_CCACHE)
if(WEIR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${WEIR_CCACHE}")
endif()

# weir_layer(NAME [OBJECT]): a library of one layer. Its sources come with target_sources.
function(weir_layer name)
  set(type STATIC)
  if(ARGC GREATER 1)
    set(type ${ARGV1})
  endif()
  add_library(${name} ${type})
  add_library(weir::${name} ALIAS ${name})
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_compile_options(${name} PRIVATE ${WEIR_WARNINGS})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${WEIR_INCLUDE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endfunction()

# weir_test(NAME SOURCE... [LIBS LIBRARY...]): one Boost.Test program, run by CTest. Its main() is in
# the first source.
function(weir_test name)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE ${WEIR_WARNINGS})
  target_compile_definitions(${name} PRIVATE BOOST_TEST_DYN_LINK)
  # The source that has it gets the program's main(), so exactly one may.
  list(GET ARG_UNPARSED_ARGUMENTS 0 first)
  set_property(SOURCE ${first} APPEND PROPERTY COMPILE_DEFINITIONS BOOST_TEST_MODULE=${name})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} Boost::unit_test_framework)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 120)
endfunction()

# weir_example(NAME): builds NAME.cpp; CTest runs it and compares what it prints with expected/NAME.txt.
function(weir_example name)
  weir_example_program(${name})
  weir_example_run(${name} "$<TARGET_FILE:example_${name}>" ${ARGN})
endfunction()

# weir_example_program(NAME): only builds NAME.cpp.
function(weir_example_program name)
  add_executable(example_${name} ${name}.cpp)
  set_target_properties(example_${name} PROPERTIES OUTPUT_NAME ${name})
  target_compile_options(example_${name} PRIVATE ${WEIR_WARNINGS})
  target_link_libraries(example_${name} PRIVATE weir_runtime)
endfunction()

# weir_example_run(NAME PROGRAM [ARGUMENT...]): CTest runs it in the folder of the examples, so that it finds its
# own files, and compares what it prints with expected/NAME.txt.
function(weir_example_run name program)
  add_test(NAME example_${name}
    COMMAND "${CMAKE_COMMAND}"
      "-DPROGRAM=${program}" "-DARGUMENTS=${ARGN}"
      "-DEXPECTED=${CMAKE_CURRENT_SOURCE_DIR}/expected/${name}.txt"
      -P "${PROJECT_SOURCE_DIR}/cmake/CompareOutput.cmake"
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
  set_tests_properties(example_${name} PROPERTIES TIMEOUT 60)
endfunction()
