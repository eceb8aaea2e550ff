// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Stands in for Solady's library in the proofs: any value that fulfils what is assumed of `expWad` (P-31). Only
/// the prover reads it.
library FixedPointMathLib {
    function expWad(int256 x) internal pure returns (int256 r) {
        // The prover takes what assembly writes to be any value.
        assembly ("memory-safe") {
            r := x
        }
        assert(x <= 0); // proved of whoever calls, not assumed
        require(r >= 0 && r <= 1e18);
        require(x != 0 || r == 1e18);
    }
}
