;
reset role;
reset all;
