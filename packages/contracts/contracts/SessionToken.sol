// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title The token that is staked and paid: a plain ERC-20 with permit (ERC-2612) and a fixed supply.
contract SessionToken is ERC20, ERC20Permit {
    /// @param supply The whole supply, in atomic units.
    /// @param holder Who receives it.
    constructor(uint256 supply, address holder) ERC20("Session Token", "SESH") ERC20Permit("Session Token") {
        _mint(holder, supply);
    }

    /// @notice 9, as everywhere in the network.
    function decimals() public pure override returns (uint8) {
        return 9;
    }
}
