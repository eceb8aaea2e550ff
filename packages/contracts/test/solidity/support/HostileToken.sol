// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A token that takes a fee, calls back, or answers no, whenever it is told to.
/// @dev Its balances are where SessionToken's are, so that a test may put its code in that one's place.
contract HostileToken is ERC20 {
    uint256 public feeBps;
    address public target;
    bytes public call;
    bytes public answer;
    uint256 public refusals;

    constructor() ERC20("Hostile", "HOST") {}

    function mint(address to, uint256 value) external {
        _mint(to, value);
    }

    function setFee(uint256 feeBps_) external {
        feeBps = feeBps_;
    }

    /// @dev Answers the next `count` transfers with false, and moves nothing.
    function setRefusals(uint256 count) external {
        refusals = count;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        if (refusals == 0) return super.transfer(to, value);
        --refusals;
        return false;
    }

    /// @dev Calls `target_` in the middle of every later transfer.
    function setCallback(address target_, bytes calldata call_) external {
        (target, call) = (target_, call_);
    }

    /// @dev Calls as itself, for the tests where the token is a contributor.
    function forward(address to, bytes calldata data) external returns (bytes memory) {
        (bool success, bytes memory result) = to.call(data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
        return result;
    }

    function _update(address from, address to, uint256 value) internal override {
        uint256 fee = value * feeBps / 10_000;
        super._update(from, to, value - fee);
        if (fee != 0) super._update(from, address(0), fee);
        if (target == address(0)) return;
        bool success;
        (success, answer) = target.call(call);
    }
}
