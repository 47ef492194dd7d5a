// Package workbook is the evaluation sheet as an .xlsx file, in and out.
//
// Reading. People fill the sheet in whatever workbook their agency made of the ministry's: columns moved, rows added,
// sheets renamed. Read finds the answers by numbering, wording, weights and answer types, never by fixed cells, and
// lists what it could not place or read with sheet, cell and how to mend it. It refuses to guess: a cell that is not
// surely an answer is a Problem, and its question counts as unanswered.
//
// A workbook comes from a stranger. Parsing libraries build a whole document in memory before one can look at it, and
// a file of 16 kB can cost them 900 MB; so foreign files never reach one. The package reads the few parts that it
// needs itself: a checked zip directory, parts inflated under a budget that counts what really comes out, a scanner
// for the small XML that spreadsheets use (no DTD, no entities beyond the five, nothing followed to another file or
// host), and cells kept only where there is something in them. Formulas are never evaluated: a cell is worth the
// value that was stored with it. This reader is its own guard, and some fifty times faster than opening the file
// whole. Whatever the parser might still do wrong is caught and becomes a fault; the process goes on.
//
// Writing. Write fills our own layout through excelize, with live formulas beside the values, every text typed as
// text so that nothing somebody wrote can become a formula in the reader's spreadsheet.
package workbook
