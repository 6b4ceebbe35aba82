# tessera_bar_chart(FILE TITLE PANEL...): horizontal bars as an SVG that follows the reader's light
# or dark scheme. A PANEL is the name of three lists: <PANEL>_unit, <PANEL>_labels, <PANEL>_values;
# it has a scale of its own, from zero to its largest value. Panels without values are left out.

# A decimal number ("1.2345e+01") as an integer number of thousandths, rounded down.
function(tessera_thousandths result number)
  if(NOT number MATCHES "^([0-9]+)(\\.([0-9]+))?([eE]([-+]?[0-9]+))?$")
    message(FATAL_ERROR "bar_chart: not a number: ${number}")
  endif()
  set(digits ${CMAKE_MATCH_1}${CMAKE_MATCH_3})
  string(LENGTH "${CMAKE_MATCH_3}" decimals)
  set(exponent 0)
  if(NOT "${CMAKE_MATCH_5}" STREQUAL "")
    string(REGEX REPLACE "^\\+?(-?)0*([0-9])" "\\1\\2" exponent ${CMAKE_MATCH_5})
  endif()
  math(EXPR shift "3 + ${exponent} - ${decimals}")
  if(shift GREATER_EQUAL 0)
    string(REPEAT 0 ${shift} zeros)
    string(APPEND digits ${zeros})
  else()
    string(LENGTH ${digits} length)
    math(EXPR keep "${length} + ${shift}")
    if(keep GREATER 0)
      string(SUBSTRING ${digits} 0 ${keep} digits)
    else()
      set(digits 0)
    endif()
  endif()
  string(REGEX REPLACE "^0+([0-9])" "\\1" digits ${digits})
  set(${result} ${digits} PARENT_SCOPE)
endfunction()

# "17.3" of 17345 thousandths; three digits that count.
function(tessera_spell_thousandths result number)
  math(EXPR whole "${number} / 1000")
  math(EXPR rest "${number} % 1000 + 1000")
  string(SUBSTRING ${rest} 1 3 rest)
  string(LENGTH ${whole} length)
  if(length GREATER_EQUAL 3)
    set(${result} ${whole} PARENT_SCOPE)
  else()
    math(EXPR decimals "3 - ${length}")
    if(whole EQUAL 0)
      set(decimals 3)
    endif()
    string(SUBSTRING ${rest} 0 ${decimals} rest)
    set(${result} ${whole}.${rest} PARENT_SCOPE)
  endif()
endfunction()

function(tessera_bar_chart file title)
  set(labels_end 300)  # pixels: labels end, the longest bar ends, the picture ends
  set(bars 360)
  set(width 740)
  set(y 44)
  set(body "")
  foreach(panel IN LISTS ARGN)
    list(LENGTH ${panel}_values count)
    if(count EQUAL 0)
      continue()
    endif()
    set(thousandths "")
    set(most 1)
    foreach(value IN LISTS ${panel}_values)
      tessera_thousandths(number ${value})
      list(APPEND thousandths ${number})
      if(number GREATER most)
        set(most ${number})
      endif()
    endforeach()
    math(EXPR x "${labels_end} + 8")
    string(APPEND body "<text class=\"unit\" x=\"${x}\" y=\"${y}\">${${panel}_unit}</text>\n")
    foreach(label number IN ZIP_LISTS ${panel}_labels thousandths)
      string(REPLACE "&" "&amp;" label "${label}")
      string(REPLACE "<" "&lt;" label "${label}")
      tessera_spell_thousandths(value ${number})
      math(EXPR length "${number} * ${bars} / ${most}")
      if(length EQUAL 0)
        set(length 1)
      endif()
      math(EXPR top "${y} + 8")
      math(EXPR y "${y} + 20")
      math(EXPR base "${y} - 2")
      math(EXPR after "${x} + ${length} + 6")
      string(APPEND body
        "<text class=\"label\" x=\"${labels_end}\" y=\"${base}\">${label}</text>\n"
        "<rect class=\"bar\" x=\"${x}\" y=\"${top}\" width=\"${length}\" height=\"12\"/>\n"
        "<text class=\"value\" x=\"${after}\" y=\"${base}\">${value}</text>\n")
    endforeach()
    math(EXPR y "${y} + 30")
  endforeach()
  if(body STREQUAL "")
    return()
  endif()
  math(EXPR height "${y} - 14")
  string(CONCAT style
    "text { font: 12px ui-sans-serif, system-ui, sans-serif; fill: #59636e }\n"
    ".title { font-size: 14px; font-weight: 600; fill: #1f2328 }\n"
    ".label { text-anchor: end } .value { fill: #1f2328 } .page { fill: #ffffff }\n"
    ".bar { fill: #3a6ea5 }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  text { fill: #9198a1 } .title, .value { fill: #f0f6fc } .page { fill: #0d1117 }\n"
    "  .bar { fill: #6ca3db }\n}\n")
  file(WRITE ${file}
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"${width}\" height=\"${height}\" "
    "viewBox=\"0 0 ${width} ${height}\" role=\"img\" aria-label=\"${title}\">\n"
    "<style>\n${style}</style>\n"
    "<rect class=\"page\" width=\"${width}\" height=\"${height}\"/>\n"
    "<text class=\"title\" x=\"12\" y=\"22\">${title}</text>\n${body}</svg>\n")
endfunction()
