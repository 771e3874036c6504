// Parses the GIFT file named on the command line with gift-pegjs and prints the questions as JSON.
const { parse } = require("gift-pegjs");
const fs = require("fs");
console.log(JSON.stringify(parse(fs.readFileSync(process.argv[2], "utf8"))));
